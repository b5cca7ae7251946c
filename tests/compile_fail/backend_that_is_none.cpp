// A tag without operations is no backend.
// expect: Backend
// expect: Nothing
// mend: Nothing> network => Reference> network
#include <aurum/backend/reference/reference.hpp>
#include <aurum/model/network.hpp>
#include <aurum/spec/conv.hpp>
using namespace aurum;

struct Nothing {};
template <>
class aurum::Context<Nothing> {};
template <>
struct aurum::Operations<Nothing> {};

int main() { Network<Conv<8, 3>, Shape{3, 32, 32}, Nothing> network; }
