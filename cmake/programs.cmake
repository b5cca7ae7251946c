# How our own programs are compiled: every warning, and the machine's own instructions if asked for.
# Nothing of this reaches those who use the library.
add_library(aurum_program INTERFACE)
target_link_libraries(aurum_program INTERFACE aurum::aurum)
foreach(feature IN LISTS AURUM_FEATURES)
  if(NOT AURUM_${feature}_FOUND)
    message(STATUS "aurum::${feature}: ${AURUM_${feature}_PACKAGES} not found")
  elseif(NOT feature MATCHES "^(dlib|opencv|openmp|cuda)$") # shared libraries that few need: programs that do say so
    target_link_libraries(aurum_program INTERFACE aurum::${feature})
  endif()
endforeach()
set(aurum_cxx_options -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
                   -Woverloaded-virtual -Wold-style-cast -Wextra-semi)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ derives these from what its optimiser sees, and is wrong about "a" + std::string (bug 105651),
  # about the AVX-512 intrinsics (105593) and about branches that an exception has left.
  list(APPEND aurum_cxx_options -Wno-restrict $<$<CONFIG:Release>:-Wno-array-bounds>
       $<$<CONFIG:Release>:-Wno-maybe-uninitialized>)
  # g++ tidies its memory up less often: a tenth of its time.
  list(APPEND aurum_cxx_options --param=ggc-min-expand=200 --param=ggc-min-heapsize=524288)
endif()
# (CMake 3.25 does not know how nvcc 13 is asked for C++20.)
set(aurum_cuda_options -std=c++20 -Xcompiler=-Wall,-Wextra $<$<BOOL:${AURUM_WERROR}>:-Werror=all-warnings>
                        $<$<BOOL:${AURUM_WERROR}>:-Xcompiler=-Werror>)
target_compile_options(
  aurum_program INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:${aurum_cxx_options};$<$<BOOL:${AURUM_WERROR}>:-Werror>;$<$<BOOL:${AURUM_NATIVE}>:-march=native>>"
                          "$<$<COMPILE_LANGUAGE:CUDA>:${aurum_cuda_options}>")

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(AURUM_CCACHE ccache)
  if(AURUM_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${AURUM_CCACHE})
  endif()
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

# aurum_read_marks(<file> <word> <out>): what the comment lines `// <word>: ...` of a source file say, as a
# list of lines. Sources carry their own needs, so that adding one needs no change to a CMakeLists.txt.
function(aurum_read_marks file word out)
  file(STRINGS ${file} lines REGEX "^// ${word}: ")
  list(TRANSFORM lines REPLACE "^// ${word}: *" "")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  set(${out} "${lines}" PARENT_SCOPE)
endfunction()

# One program from every .cpp of the current folder. A line `// needs: <feature>` links aurum::<feature>, and
# without it the program is left out; `// uses: <feature>` links it where it was found (which the source
# learns from __has_include).
function(aurum_add_programs prefix)
  file(GLOB sources CONFIGURE_DEPENDS *.cpp)
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    aurum_read_marks(${source} needs needed)
    aurum_read_marks(${source} uses used)
    add_executable(${prefix}${name} ${source})
    string(REGEX REPLACE "^aurum_" "aurum-" program ${name}) # those that get installed: aurum-data
    set_target_properties(${prefix}${name} PROPERTIES OUTPUT_NAME ${program})
    target_link_libraries(${prefix}${name} PRIVATE aurum_program)
    foreach(feature IN LISTS needed used)
      if(AURUM_${feature}_FOUND)
        target_link_libraries(${prefix}${name} PRIVATE aurum::${feature})
      elseif(feature IN_LIST needed)
        set_target_properties(${prefix}${name} PROPERTIES EXCLUDE_FROM_ALL TRUE)
      endif()
    endforeach()
  endforeach()
endfunction()
