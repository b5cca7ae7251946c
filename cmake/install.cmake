# Installs headers and the package that find_package(aurum) reads.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/aurum)
set(targets aurum)
foreach(feature IN LISTS AURUM_FEATURES)
  list(APPEND targets aurum_${feature})
endforeach()

install(DIRECTORY include/aurum DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS ${targets} EXPORT aurum-targets)
install(EXPORT aurum-targets NAMESPACE aurum:: DESTINATION ${package_dir})

configure_package_config_file(cmake/aurum-config.cmake.in ${PROJECT_BINARY_DIR}/cmake/aurum-config.cmake
                              INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may break what was there.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/cmake/aurum-config-version.cmake
                                 COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${PROJECT_BINARY_DIR}/cmake/aurum-config.cmake
              ${PROJECT_BINARY_DIR}/cmake/aurum-config-version.cmake
              ${PROJECT_SOURCE_DIR}/cmake/aurum-features.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindCUDNN.cmake
              ${PROJECT_SOURCE_DIR}/cmake/aurum-multiarch.cmake
              ${PROJECT_SOURCE_DIR}/cmake/aurum-multiarch-link.cmake
              ${PROJECT_SOURCE_DIR}/cmake/aurum-multiarch.cpp.in
        DESTINATION ${package_dir})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
