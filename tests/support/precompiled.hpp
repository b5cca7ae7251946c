#pragma once
// Large headers of others that most tests read. Includes of the tests themselves do not rely on it.
#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>
#include <xsimd/xsimd.hpp>
#if __has_include(<nlohmann/json.hpp>)
#include <nlohmann/json.hpp>
#endif

#include "support/catch.hpp"
