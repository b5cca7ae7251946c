// Only there for its precompiled header (see CMakeLists.txt).
