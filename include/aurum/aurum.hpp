#pragma once
// What most programs need: networks, training, use, weights, synthetic faces; no library but xsimd and
// nlohmann-json. Headers with needs of their own stand beside it: data/image_file.hpp and data/folder.hpp
// (libjpeg, libpng), io/xtensor.hpp, io/eigen.hpp, metrics/icc_inference.hpp (Boost.Math),
// backend/cpu/openmp.hpp. A .cu file gets what a GPU program needs; xsimd and JSON stay out of nvcc's sight.
#include "aurum/backend/reference/reference.hpp"
#include "aurum/core/config.hpp"
#include "aurum/loss/contrastive.hpp"
#include "aurum/model/methods.hpp"
#include "aurum/model/network.hpp"
#include "aurum/model/temporal.hpp"
#include "aurum/ops/pointwise/optimiser.hpp"
#include "aurum/ops/pointwise/passes.hpp"

#if !defined(__CUDACC__)
#include "aurum/backend/cpu/cpu.hpp"
#include "aurum/data/cached.hpp"
#include "aurum/data/cached_videos.hpp"
#include "aurum/data/sparse_labels.hpp"
#include "aurum/data/synthetic_faces.hpp"
#include "aurum/data/synthetic_video.hpp"
#include "aurum/model/network_weights.hpp"
#include "aurum/model/predictor.hpp"
#include "aurum/model/temporal_predictor.hpp"
#include "aurum/model/weights.hpp"
#include "aurum/optim/recipe.hpp"
#include "aurum/train/calibrate.hpp"
#include "aurum/train/fit.hpp"
#include "aurum/train/future_prediction.hpp"
#include "aurum/train/settle_statistics.hpp"
#endif
