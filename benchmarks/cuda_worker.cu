// aurum's side of scripts/bench cuda (worker.hpp). Beyond the usual commands: "memory" (the most bytes of the
// GPU that were in use, and taken from the driver, since the start). Built by harness/cuda_build.py.
//   cuda_worker <folder of weights and data> fp32|tf32|bf16
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "aurum/backend/cuda/cuda.hpp"
#include "aurum/model/fan.hpp"
#include "aurum/model/methods.hpp"
#include "worker.hpp"

namespace {

using namespace aurum;
using bench::Json;

CudaOptions options_of(const std::string& precision) {
  CudaOptions options;
  if (precision == "tf32")
    options.tf32 = true;
  else if (precision != "fp32" && precision != "bf16")
    throw ValueError("precision '" + precision + "': expected fp32, tf32 or bf16");
  return options;
}

/// Feature maps are T.
template <class T>
void serve(const std::string& folder, const std::string& precision) {
  const auto context = std::make_shared<Context<Cuda>>(options_of(precision));
  bench::Subject<Cuda, Fan<12>, 12, T> fan{context, folder, "fan"};
  bench::Subject<Cuda, AdaptedFan<12>, 12, T> adaptation{context, folder, "adaptation"};

  bench::serve([&](const std::string& command, std::istringstream& words) -> Json {
    if (command == "memory") {
      const cuda::MemoryUse use = context->memory();
      return {{"used", use.used_peak}, {"reserved", use.reserved_peak}};
    }
    std::string net;
    words >> net;
    if (net == "fan") return bench::answer(fan, command, words);
    if (net == "adaptation") return bench::answer(adaptation, command, words);
    throw ValueError("no network '" + net + "'");
  });
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: cuda_worker <folder> fp32|tf32|bf16\n";
    return 2;
  }
  try {
    const std::string precision = arguments[2];
    precision == "bf16" ? serve<BFloat16>(arguments[1], precision) : serve<float>(arguments[1], precision);
  } catch (const std::exception& e) {  // no GPU, or a precision that it does not have
    std::cerr << "cuda_worker: " << e.what() << "\n";
    return 1;
  }
}
