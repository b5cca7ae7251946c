// The host's and the device's compiler both read all of aurum that needs no other library.
#include <aurum/aurum.hpp>

__global__ void fill(aurum::View<float> maps, float value) {
  const std::ptrdiff_t i = static_cast<std::ptrdiff_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i < maps.pixels()) maps.pixel(i)[0] = value;
}

int main() {
  aurum::View<float> none{};
  fill<<<1, 1>>>(none, 0.0F);
  return static_cast<int>(cudaDeviceSynchronize());
}
