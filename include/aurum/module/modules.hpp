#pragma once
// Every module of the library.
#include "aurum/module/activation.hpp"
#include "aurum/module/attention.hpp"
#include "aurum/module/batch_norm.hpp"
#include "aurum/module/composite.hpp"
#include "aurum/module/conv.hpp"
#include "aurum/module/frozen.hpp"
#include "aurum/module/reparametrised.hpp"
#include "aurum/module/resample.hpp"
#include "aurum/module/sequential.hpp"
#include "aurum/module/stacked.hpp"
