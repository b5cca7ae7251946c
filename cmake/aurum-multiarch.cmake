# aurum_add_multiarch(<target> SOURCES <file>... [LIBRARIES <target>...] [LEVELS <level>...])
#
# A static library for programs that must run on any x86-64 processor and use what each has. The sources are
# compiled once for each level of the architecture (default: x86-64, x86-64-v3 with AVX2 and FMA, x86-64-v4 with
# AVX-512). Functions that they define and that are neither inline nor templates are the library's interface: a
# call goes to the copy for the highest level that the processor has, which the loader finds out once (IFUNC).
#
#   aurum_add_multiarch(face_predictor SOURCES face_predictor.cpp LIBRARIES aurum::io)
#   target_link_libraries(program PRIVATE face_predictor)
#
# Inline functions and templates are the danger: the linker keeps one copy of std::vector<float>'s, and if that
# is one with AVX-512 in it, the program dies on processors without. Here every level keeps its own, local copies
# of all of them. So the sources share no inline variable with the rest of the program; in exchange they may
# return and throw any type. They may not define global variables, nor any that is initialised before main(): that
# would run on every processor (<iostream> has one). The build says so.
#
# Needs the GNU linker and binutils, and a C library with IFUNC (glibc). On other processors than x86-64 it is a
# plain static library.
set(AURUM_MULTIARCH_DIR ${CMAKE_CURRENT_LIST_DIR})

function(aurum_add_multiarch target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LIBRARIES;LEVELS")
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_SOURCES)
    message(FATAL_ERROR "aurum_add_multiarch(${target}): expected SOURCES <file>..., LIBRARIES and LEVELS")
  endif()
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(${target} PUBLIC aurum::aurum ${arg_LIBRARIES})
    return()
  endif()
  if(NOT arg_LEVELS)
    set(arg_LEVELS x86-64 x86-64-v3 x86-64-v4)
  endif()
  list(SORT arg_LEVELS)
  # CMake takes LLVM's linker and objcopy with clang; they cannot do what is asked of them here.
  find_program(AURUM_LD NAMES ld.bfd ld REQUIRED)
  find_program(AURUM_OBJCOPY NAMES x86_64-linux-gnu-objcopy objcopy REQUIRED)
  mark_as_advanced(AURUM_LD AURUM_OBJCOPY)

  set(work ${CMAKE_CURRENT_BINARY_DIR}/${target}.multiarch)
  set(outputs ${work}/dispatch.cpp)
  set(objects)
  foreach(level IN LISTS arg_LEVELS)
    if(NOT level MATCHES "^x86-64(-v[234])?$")
      message(FATAL_ERROR "aurum_add_multiarch(${target}): no level '${level}'; x86-64, x86-64-v2, -v3 and -v4 are")
    endif()
    set(copy ${target}.${level})
    add_library(${copy} OBJECT ${arg_SOURCES})
    target_link_libraries(${copy} PRIVATE aurum::aurum ${arg_LIBRARIES})
    target_compile_options(${copy} PRIVATE -march=${level} -fno-lto $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
    set_target_properties(${copy} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    list(APPEND outputs ${work}/${level}.o)
    list(APPEND objects $<TARGET_OBJECTS:${copy}>)
    list(APPEND definitions "-Dobjects_${level}=$<TARGET_OBJECTS:${copy}>")
  endforeach()
  set(script ${AURUM_MULTIARCH_DIR}/aurum-multiarch-link.cmake)
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND
      ${CMAKE_COMMAND} -Dtarget=${target} -Dwork=${work} "-Dlevels=${arg_LEVELS}" ${definitions}
      -Dlinker=${AURUM_LD} -Dnm=${CMAKE_NM} -Dobjcopy=${AURUM_OBJCOPY} -Dreadelf=${CMAKE_READELF} -P ${script}
    DEPENDS ${objects} ${script} ${AURUM_MULTIARCH_DIR}/aurum-multiarch.cpp.in
    COMMENT "Making ${target}'s copies for ${arg_LEVELS} one library"
    VERBATIM)
  add_library(${target} STATIC ${outputs})
  # The loader asks before anything else of the program has run, sanitizers included.
  set_source_files_properties(${work}/dispatch.cpp PROPERTIES COMPILE_OPTIONS "-O2;-fno-sanitize=all;-fno-lto")
  target_link_libraries(${target} PUBLIC aurum::aurum ${arg_LIBRARIES})
endfunction()
