// needs: io
// aurum's side of scripts/bench cpu (worker.hpp). Beyond the usual commands: "peak <seconds>" (what all
// threads together can do, counted as the peers' makers count it) and "layers <seconds>".
//   cpu_worker <folder of weights and data> <threads>
#include <aurum/aurum.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>

#include "layers.hpp"
#include "peak.hpp"
#include "worker.hpp"

int main(int count, char** arguments) {
  using namespace aurum;
  using bench::Json;
  if (count != 3) {
    std::cerr << "usage: cpu_worker <folder> <threads>\n";
    return 2;
  }
  const std::string folder = arguments[1];
  const int threads = std::atoi(arguments[2]);
  const auto context = std::make_shared<Context<Cpu>>(threads);
  bench::Subject<Cpu, Fan<12>, 12> fan{context, folder, "fan"};
  bench::Subject<Cpu, StackedFan<68, 4>, 68> stacked_fan{context, folder, "stacked_fan"};

  bench::serve([&](const std::string& command, std::istringstream& words) -> Json {
    double seconds = 0;
    std::string net;
    if (command == "peak" && words >> seconds)
      return {{"gflops", bench::peak_gflops(threads, seconds)},
              {"gigabytes", bench::peak_gigabytes(threads, seconds)}};
    if (command == "layers" && words >> seconds) return bench::measure_layers(context->team(), seconds);
    words >> net;
    if (net == "fan") return bench::answer(fan, command, words);
    if (net == "stacked_fan") return bench::answer(stacked_fan, command, words);
    throw ValueError("no network '" + net + "'");
  });
}
