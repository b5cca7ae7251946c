#pragma once
// One convolution as cuDNN 9 wants it: a graph of one operation, an engine for it, a plan. cuDNN's C
// interface and no more: what NVIDIA's C++ wrapper adds serves graphs of many operations, and it is one more
// package to get.
#include <cudnn.h>

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "aurum/backend/cuda/status.hpp"
#include "aurum/core/tensor.hpp"
#include "aurum/ops/signal.hpp"

namespace aurum::cuda {

/// Owns one of cuDNN's descriptors.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type) {
    check(cudnnBackendCreateDescriptor(type, &handle_), "cudnnBackendCreateDescriptor");
  }
  Descriptor(Descriptor&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Descriptor() {
    if (handle_ != nullptr) cudnnBackendDestroyDescriptor(handle_);
  }

  [[nodiscard]] cudnnBackendDescriptor_t get() const { return handle_; }
  template <class V>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::span<const V> values) {
    check(cudnnBackendSetAttribute(handle_, name, type, static_cast<std::int64_t>(values.size()),
                                   values.data()),
          "cudnnBackendSetAttribute " + std::to_string(static_cast<int>(name)));
  }
  template <class V>
  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, V value) {
    set(name, type, std::span<const V>(&value, 1));
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& other) {
    set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, other.get());
  }
  [[nodiscard]] cudnnStatus_t finalize() { return cudnnBackendFinalize(handle_); }

 private:
  cudnnBackendDescriptor_t handle_ = nullptr;
};

/// A tensor as far as a plan depends on it. The order is cuDNN's: images (of a filter: outputs), channels,
/// rows, columns.
struct TensorLayout {
  std::array<std::int64_t, 4> sizes{};
  std::array<std::int64_t, 4> strides{};
  std::int64_t alignment = 16;  ///< of its first element, in bytes
  cudnnDataType_t type = CUDNN_DATA_FLOAT;

  friend auto operator<=>(const TensorLayout&, const TensorLayout&) = default;
};

/// 16 bytes are the most that engines ask for.
[[nodiscard]] inline std::int64_t alignment_of(const void* memory) {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  std::int64_t alignment = 16;
  while (address % static_cast<std::uintptr_t>(alignment) != 0) alignment /= 2;
  return alignment;
}

template <class T>
inline constexpr cudnnDataType_t data_type =
    std::is_same_v<std::remove_const_t<T>, BFloat16> ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;

template <class T>
[[nodiscard]] TensorLayout layout_of(const View<T>& view) {
  const std::int64_t pixel = view.pixel_stride, row = pixel * view.width;
  return {{view.batch, view.channels, view.height, view.width},
          {row * view.height, 1, row, pixel},
          alignment_of(view.data),
          data_type<T>};
}
template <class T>
[[nodiscard]] TensorLayout filter_layout(int out, int in, int kernel, const T* memory) {
  const std::int64_t pixel = in, row = pixel * kernel;
  return {{out, in, kernel, kernel}, {row * kernel, 1, row, pixel}, alignment_of(memory), data_type<T>};
}

enum class Pass { forward, backward_data, backward_filter };

/// A convolution between `image` (its input or that one's gradient), `filter` and `map` (its output or that
/// one's gradient); the pass says which of the three is computed.
struct ConvolutionProblem {
  Pass pass{};
  int kernel = 1, stride = 1, padding = 0;
  TensorLayout image, filter, map;
  bool tf32 = false;          ///< engines may round floats to ten bits of fraction
  bool reproducible = false;  ///< engines that add in any order are left out

  friend auto operator<=>(const ConvolutionProblem&, const ConvolutionProblem&) = default;
};

[[nodiscard]] inline std::string to_string(const ConvolutionProblem& p) {
  const auto shape = [](const TensorLayout& t) {
    std::string s;
    for (const std::int64_t size : t.sizes) s += (s.empty() ? "" : "x") + std::to_string(size);
    return s;
  };
  const char* const name = p.pass == Pass::forward         ? "convolution"
                           : p.pass == Pass::backward_data ? "data gradient of a convolution"
                                                           : "filter gradient of a convolution";
  return std::string(name) + " (images " + shape(p.image) + ", filter " + shape(p.filter) + ", maps " +
         shape(p.map) + ", stride " + std::to_string(p.stride) + ", padding " + std::to_string(p.padding) +
         ")";
}

/// A convolution ready to run.
class ConvolutionPlan {
 public:
  /// Up to `most` ways to do it, in the order of cuDNN's heuristics; none: cuDNN does not take it. Throws
  /// CudaError for every other failure.
  static std::vector<ConvolutionPlan> find(cudnnHandle_t handle, const ConvolutionProblem& problem,
                                           std::size_t most) {
    std::vector<ConvolutionPlan> found;
    std::optional<Descriptor> graph = graph_of(handle, problem);
    if (!graph) return found;
    for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK})
      for (Descriptor& choice : choices(*graph, mode)) {
        if (found.size() == most) return found;
        if (!suits(choice, problem)) continue;
        Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
        plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, handle);
        plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, choice);
        if (plan.finalize() != CUDNN_STATUS_SUCCESS) continue;  // the next one may do
        std::int64_t workspace = 0, count = 0;
        check(cudnnBackendGetAttribute(plan.get(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64,
                                       1, &count, &workspace),
              "workspace of a " + to_string(problem));
        if (workspace <= most_workspace) found.push_back(ConvolutionPlan(std::move(plan), workspace));
      }
    return found;
  }

  [[nodiscard]] std::int64_t workspace() const { return workspace_; }

  void run(cudnnHandle_t handle, const void* image, const void* filter, const void* map,
           void* workspace) const {
    Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    const std::array<const void*, 3> pointers{image, filter, map};
    pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR,
             std::span<const void* const>(pointers));
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, std::span<const std::int64_t>(ids));
    pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, workspace);
    check(pack.finalize(), "cudnnBackendFinalize of the pointers of a convolution");
    check(cudnnBackendExecute(handle, plan_.get(), pack.get()), "cudnnBackendExecute");
  }

 private:
  static constexpr std::int64_t most_workspace = std::int64_t{1} << 30;
  static constexpr std::array<std::int64_t, 3> ids{'x', 'w', 'y'};

  ConvolutionPlan(Descriptor plan, std::int64_t workspace) : plan_{std::move(plan)}, workspace_{workspace} {}

  static bool unsupported(cudnnStatus_t status) {
    return CUDNN_STATUS_CATEGORY(status) == CUDNN_STATUS_NOT_SUPPORTED;
  }

  static Descriptor tensor(const TensorLayout& layout, std::int64_t id) {
    Descriptor t(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    t.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, layout.type);
    t.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, std::span<const std::int64_t>(layout.sizes));
    t.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, std::span<const std::int64_t>(layout.strides));
    t.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, id);
    t.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, layout.alignment);
    check(t.finalize(), "cudnnBackendFinalize of a tensor");
    return t;
  }

  static Descriptor window(const ConvolutionProblem& p) {
    Descriptor c(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    const auto both = [&](cudnnBackendAttributeName_t name, std::int64_t value) {
      const std::array<std::int64_t, 2> values{value, value};
      c.set(name, CUDNN_TYPE_INT64, std::span<const std::int64_t>(values));
    };
    c.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT);
    c.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, CUDNN_CROSS_CORRELATION);
    c.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, std::int64_t{2});
    both(CUDNN_ATTR_CONVOLUTION_DILATIONS, 1);
    both(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, p.stride);
    both(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, p.padding);
    both(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, p.padding);
    check(c.finalize(), "cudnnBackendFinalize of a window");
    return c;
  }

  /// The names of one pass's attributes.
  struct Names {
    cudnnBackendDescriptorType_t operation;
    cudnnBackendAttributeName_t window, image, filter, map, alpha, beta;
  };
  static constexpr Names names(Pass pass) {
    switch (pass) {
      case Pass::forward:
        return {CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
      case Pass::backward_data:
        return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
      case Pass::backward_filter:
        break;
    }
    return {CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
            CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
  }

  static std::optional<Descriptor> graph_of(cudnnHandle_t handle, const ConvolutionProblem& p) {
    const Names n = names(p.pass);
    const Descriptor c = window(p), image = tensor(p.image, ids[0]), filter = tensor(p.filter, ids[1]),
                     map = tensor(p.map, ids[2]);
    Descriptor operation(n.operation);
    operation.set(n.window, c);
    operation.set(n.image, image);
    operation.set(n.filter, filter);
    operation.set(n.map, map);
    operation.set(n.alpha, CUDNN_TYPE_FLOAT, 1.0F);
    operation.set(n.beta, CUDNN_TYPE_FLOAT, 0.0F);
    if (!taken(operation.finalize(), p)) return {};
    Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, handle);
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operation);
    if (!taken(graph.finalize(), p)) return {};
    return graph;
  }
  static bool taken(cudnnStatus_t status, const ConvolutionProblem& problem) {
    if (unsupported(status)) return false;
    check(status, to_string(problem));
    return true;
  }

  /// Engines with their settings, the promising ones first.
  static std::vector<Descriptor> choices(const Descriptor& graph, cudnnBackendHeurMode_t mode) {
    Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, mode);
    std::vector<Descriptor> found;
    if (heuristics.finalize() != CUDNN_STATUS_SUCCESS) return found;  // nothing to propose
    constexpr int most = 32;
    std::vector<cudnnBackendDescriptor_t> raw;
    for (int i = 0; i < most; ++i) {
      found.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
      raw.push_back(found.back().get());
    }
    std::int64_t count = 0;
    check(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                   CUDNN_TYPE_BACKEND_DESCRIPTOR, most, &count, raw.data()),
          "engines for a convolution");
    found.erase(found.begin() + std::min<std::int64_t>(count, most), found.end());
    return found;
  }

  /// Whether an engine computes in the precision that was asked for and, if it shall, always the same.
  static bool suits(const Descriptor& choice, const ConvolutionProblem& problem) {
    const Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    cudnnBackendDescriptor_t raw = engine.get();
    std::int64_t count = 0;
    check(cudnnBackendGetAttribute(choice.get(), CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                                   1, &count, &raw),
          "the engine of a choice");
    const bool full_precision = problem.image.type == CUDNN_DATA_FLOAT && !problem.tf32;
    std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes{};
    check(cudnnBackendGetAttribute(engine.get(), CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                                   std::ssize(notes), &count, notes.data()),
          "the notes of an engine");
    for (const cudnnBackendNumericalNote_t note : std::span(notes).first(static_cast<std::size_t>(count))) {
      if (problem.reproducible && note == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC) return false;
      if (full_precision &&
          (note == CUDNN_NUMERICAL_NOTE_TENSOR_CORE || note == CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS ||
           note == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION))
        return false;
    }
    return true;
  }

  Descriptor plan_;
  std::int64_t workspace_;
};

}  // namespace aurum::cuda
