#include "options.hpp"

#include <CLI/CLI.hpp>
#include <map>
#include <optional>

#include "aurum/data/text.hpp"

namespace examples {
namespace {

/// What --begin says.
std::vector<SmallStart> small_starts(const std::vector<std::string>& texts) {
  std::vector<SmallStart> parts;
  for (const std::string& text : texts) {
    const std::size_t colon = text.find(':');
    const std::string_view all = text;
    const auto size = aurum::parse_number<int>(all.substr(0, colon));
    const auto share =
        colon == std::string::npos ? std::nullopt : aurum::parse_number<double>(all.substr(colon + 1));
    if (!size || !share || *size < 16 || !(*share > 0 && *share < 1))
      throw CLI::ValidationError("--begin", "expected <side>:<share>, as 64:0.1, found '" + text + "'");
    parts.push_back({*size, *share});
  }
  return parts;
}

}  // namespace

void add_machine_options(CLI::App& app, Machine& machine, const std::string& group) {
  app.add_option("--backend", machine.backend,
                 "of the networks: cuda where the programs were compiled for it (AURUM_EXAMPLE_CUDA)")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str()
      ->group(group);
  const auto of_cuda = [&](const char* name, bool& value, const char* text) {
    app.add_flag(name, value, text)->group(group)->each([&machine, name](const std::string&) {
      if (machine.backend != "cuda")
        throw CLI::ValidationError(name, "is of --backend cuda, found --backend " + machine.backend);
    });
  };
  of_cuda("--tf32", machine.tf32, "let the GPU round what convolutions read to TF32: faster, three digits");
  of_cuda("--reproducible", machine.reproducible,
          "the same bits in every run on the GPU; otherwise its fastest algorithms are tried out");
  app.add_option("--threads", machine.threads, "of the CPU; 0: one per core; the results do not depend on it")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str()
      ->group(group);
}

void add_training_options(CLI::App& app, TrainingOptions& options) {
  const char* group = "Training";
  app.add_option("--recipe", options.recipe,
                 "ntinou2020: the paper's, learning rate restarted every 5 epochs. anneal: the same, but "
                 "annealed once over all epochs after a short warm-up (always so with --minutes)")
      ->check(CLI::IsMember({"ntinou2020", "anneal"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--augmentation", options.augmentation,
                 "variation of the training crops; paper: flip, rotation 30 degrees, scale 0.8 to 1.2, "
                 "colours, occlusion. light: about a third of that")
      ->check(CLI::IsMember({"paper", "light", "none"}))
      ->capture_default_str()
      ->group(group);
  app.add_option("--centre-weight", options.centre_weight,
                 "how many times more the loss counts at the centres of the AUs or landmarks than far from "
                 "them, less one (ours: it learns sooner); 0: the paper's plain squared error")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
  app.add_option("--epochs", options.epochs, "passes over the training set [20]")
      ->check(CLI::Range(1, 1000000))
      ->group(group);
  app.add_option("--batch", options.batch, "images per step [48]")->check(CLI::Range(1, 4096))->group(group);
  app.add_option("--learning-rate", options.learning_rate, "of Adam, at its highest [0.001]")
      ->check(CLI::PositiveNumber)
      ->group(group);
  auto* minutes =
      app.add_option(
             "--minutes", options.minutes,
             "train for so long, in place of --epochs; the learning rate is annealed to zero over the "
             "time")
          ->check(CLI::PositiveNumber)
          ->excludes("--epochs")
          ->group(group);
  app.add_option_function<std::vector<std::string>>(
         "--begin",
         [&options](const std::vector<std::string>& parts) { options.begin = small_starts(parts); },
         "<side>:<share> ...: begin with smaller pictures, on which the same network is quicker, for these "
         "shares of the epochs or minutes, and go on with its weights; where the learning rate is annealed, "
         "it is in each, from where a cosine over the whole training is then; 64:0.1 96:0.4, for instance")
      ->group(group);
  app.add_flag(
         "--balance", options.balance,
         "show faces with rare AU labels oftener: by the square root of how much rarer their rarest label "
         "is than the commonest of its AU, up to ten times")
      ->group(group);
  app.add_option("--patience", options.patience, "stop after so many epochs without a better one [never]")
      ->check(CLI::Range(1, 1000000))
      ->group(group);
  app.add_option("--seed", options.seed, "of weights, order and variation; same seed, same bits")
      ->capture_default_str()
      ->group(group);
  add_machine_options(app, options.machine, group);
  app.add_option("--weights", options.weights,
                 "start from these weights of the same layout, trained at any size, in place of random ones")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_flag("--resume", options.resume,
               "go on where a training in the same output folder with the same options was stopped")
      ->excludes(minutes)
      ->group(group);
  app.add_option(
         "--initialiser", options.initialiser,
         "how the filters start: kaiming, xavier, or normal: deviation 0.02, as in the paper's public code")
      ->transform(CLI::CheckedTransformer(
                      std::map<std::string, aurum::Initialiser>{{"kaiming", aurum::Initialiser::kaiming},
                                                                {"xavier", aurum::Initialiser::xavier},
                                                                {"normal", aurum::Initialiser::normal_002}},
                      CLI::ignore_case)
                      .description(""))
      ->default_str("kaiming")
      ->group(group);
  app.add_option("--licence", options.licence, "of the weights, written into their files [not stated]")
      ->group(group);
  app.add_option("--output", options.output, "folder for weights, tables and pictures")->required();
}

void add_synthetic_options(CLI::App& app, SyntheticOptions& options) {
  const char* group = "Synthetic faces";
  const auto add = [&](const char* name, int& value, const char* text) {
    app.add_option(name, value, text)->check(CLI::Range(1, 100000000))->capture_default_str()->group(group);
  };
  add("--images", options.images, "training images");
  add("--identities", options.identities, "people in them");
  add("--validation-images", options.validation_images, "images that choose the best epoch");
  add("--validation-identities", options.validation_identities, "other people, in those");
  add("--test-images", options.test_images, "images of the final table");
  add("--test-identities", options.test_identities, "yet other people, in those");
  app.add_option(
         "--asymmetry", options.asymmetry,
         "probability that an AU is weaker on one side of the face, besides the faces' own unevenness; "
         "the AU's label, the stronger side, stays")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str()
      ->group(group);
  app.add_option("--data-seed", options.seed.value, "of the faces; other seeds are other people")
      ->capture_default_str()
      ->group(group);
}

void add_folder_options(CLI::App& app, FolderOptions& options, const std::string& about,
                        const std::string& what) {
  auto* folder = app.add_option("--folder", options.folder, about)->check(CLI::ExistingDirectory);
  const auto add = [&](const char* name, double& share) {
    app.add_option(name, share, "of the folder's " + what)
        ->check(CLI::Range(0.01, 0.9))
        ->needs(folder)
        ->capture_default_str();
  };
  add("--validation-share", options.validation_share);
  add("--test-share", options.test_share);
}

void add_method_options(CLI::App& app, MethodOptions& options) {
  const char* group = "Method";
  app.add_option_function<std::string>(
         "--method", [&options](const std::string& name) { options.method = parse_method(name); },
         "how the network comes about (Ntinou et al. 2020): scratch; from a network of landmarks (--fan): "
         "fine-tune, reparametrise (-statistics, -frozen: what of its batch norms is trained), adaptation, "
         "attention; random-backbone: adaptation on random weights (-unsettled: whose batch norms keep the "
         "statistics 0 and 1); resnet18: plain regression")
      ->check(CLI::IsMember([] {
        std::vector<std::string> names;
        for (const MethodName& m : methods) names.emplace_back(m.name);
        return names;
      }()))
      ->default_str("scratch")
      ->group(group);
  app.add_option("--fan", options.fan, "weights of the network of landmarks (train_fan's best.safetensors)")
      ->check(CLI::ExistingFile)
      ->group(group);
  app.add_flag("--then-fine-tune", options.then_fine_tune,
               "after the transfer, train all of it for half as many epochs, with the small rate "
               "(section 6.5)")
      ->group(group);
  app.add_option("--small-rate", options.small_rate,
                 "learning rate of layers that were trained before, when they are fine-tuned, as a multiple "
                 "of --learning-rate (ours: the paper does not state it)")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str()
      ->group(group);
}

void add_dataset_options(CLI::App& app, DatasetOptions& options) {
  const char* group = "Published data sets";
  auto* dataset =
      app.add_option("--dataset", options.name,
                     "this set, by its customary split (docs/data_sets.md): " + aurum::set_layout_names())
          ->group(group);
  const auto add = [&](auto* option) { option->needs(dataset)->group(group); };
  add(app.add_option("--root", options.root, "the folder of the set")->check(CLI::ExistingDirectory));
  add(app.add_option("--landmarks", options.landmarks,
                     "folder with an OpenFace CSV for each video, for sets that come without landmarks")
          ->check(CLI::ExistingDirectory));
  add(app.add_option("--cache", options.cache, "folder for the faces that are cut out [faces, in --output]"));
  add(app.add_option("--fold", options.fold, "DISFA: only this one of the three folds [all]")
          ->check(CLI::Range(1, 3)));
  add(app.add_option("--every", options.every, "use each so many-th labelled frame")
          ->check(CLI::PositiveNumber)
          ->capture_default_str());
  add(app.add_option("--first-number", options.set.fera2017.first_number,
                     "FERA 2017: the number that label files give to a video's first frame")
          ->capture_default_str());
  add(app.add_option("--frame-offset", options.set.disfa.frame_offset,
                     "DISFA: added to a label's frame to find its landmarks and its frame of the video")
          ->capture_default_str());
  add(app.add_flag("--right-camera", options.set.disfa.right_camera, "DISFA: the right video"));
  add(app.add_option("--views", options.set.fera2017.views, "FERA 2017: which of the views 1 to 9 [all]")
          ->check(CLI::Range(1, 9)));
}

}  // namespace examples
