import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.cmake import CMake, CMakeDeps, CMakeToolchain, cmake_layout
from conan.tools.files import copy, load

required_conan_version = ">=2.4"


class AurumConan(ConanFile):
    name = "aurum"
    description = "Compile-time configurable networks for facial Action Unit intensity estimation"
    license = "Apache-2.0"
    topics = ("facial-action-units", "heatmap-regression", "neural-networks", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    # One option for each feature target of CMakeLists.txt but aurum::openmp and aurum::cuda, which come with the
    # compilers.
    options = {
        "with_image": [True, False],
        "with_io": [True, False],
        "with_metrics": [True, False],
        "with_xtensor": [True, False],
        "with_eigen": [True, False],
        "with_dlib": [True, False],
        "with_opencv": [True, False],
    }
    default_options = {
        "with_image": True,
        "with_io": True,
        "with_metrics": True,
        "with_xtensor": True,
        "with_eigen": True,
        "with_dlib": False,
        "with_opencv": False,
        "boost/*:header_only": True,
    }
    exports = "include/aurum/core/config.hpp"
    exports_sources = "CMakeLists.txt", "LICENSE", "cmake/*", "include/*"

    def set_version(self):
        config = load(self, os.path.join(self.recipe_folder, "include", "aurum", "core", "config.hpp"))
        self.version = ".".join(re.findall(r"#define AURUM_VERSION_\w+ (\d+)", config))

    def layout(self):
        cmake_layout(self)

    def requirements(self):
        features = {
            "with_image": ["libjpeg/9f", "libpng/[>=1.6 <2]", "zlib/[>=1.2.11 <2]"],
            "with_io": ["nlohmann_json/[>=3.10 <4]"],
            "with_metrics": ["boost/[>=1.74 <2]"],
            "with_xtensor": ["xtensor/[>=0.24 <0.26]"],  # 0.26 moved its headers
            "with_eigen": ["eigen/[>=3.4 <4]"],
            "with_dlib": ["dlib/[>=19.24 <20]"],
            "with_opencv": ["opencv/[>=4.5 <5]"],
        }
        references = ["xsimd/[>=8.1 <14]"]
        for option, needed in features.items():
            if self.options.get_safe(option):
                references += needed
        for reference in references:
            self.requires(reference, transitive_headers=True, transitive_libs=True)

    def package_id(self):
        self.info.clear()  # headers are the same whatever the settings and options

    def validate(self):
        check_min_cppstd(self, 20)

    def generate(self):
        CMakeDeps(self).generate()
        toolchain = CMakeToolchain(self)
        for programs in ("TESTS", "EXAMPLES", "BENCHMARKS"):
            toolchain.variables[f"AURUM_BUILD_{programs}"] = False
        toolchain.generate()

    def build(self):
        CMake(self).configure()

    def package(self):
        CMake(self).install()
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        # The package's own CMake files define the targets, the same ones as without Conan.
        self.cpp_info.set_property("cmake_find_mode", "none")
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "aurum")]
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
