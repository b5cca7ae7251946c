// A program that trains adaptation layers on a frozen network.
// scripts/bench compile measures it; it is never run.
// compile: -O3 -march=native
// at most: 60 seconds, 2000 MB
#include "method.hpp"

int main() {
  using namespace aurum;
  return train_by_method<AdaptedFan<5>>(AuHeatmaps<>{.action_units = {bp4d_aus.begin(), bp4d_aus.end()}});
}
