#pragma once
#include <aurum/model/any_predictor.hpp>
#include <string>

/// A predictor compiled for the best instructions of this processor.
aurum::AnyPredictor make_face_predictor(aurum::Seed seed);

/// The instructions that it uses.
std::string instructions();
