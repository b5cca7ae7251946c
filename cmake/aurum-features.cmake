# What each feature target stands on. The build and the installed package both read this file.
set(AURUM_FEATURES image io metrics xtensor eigen dlib opencv openmp cuda)

set(AURUM_image_PACKAGES JPEG PNG ZLIB)
set(AURUM_image_LIBRARIES JPEG::JPEG PNG::PNG ZLIB::ZLIB)
set(AURUM_io_PACKAGES nlohmann_json)
set(AURUM_io_LIBRARIES nlohmann_json::nlohmann_json)
set(AURUM_metrics_PACKAGES Boost)
set(AURUM_metrics_LIBRARIES Boost::headers)
set(AURUM_xtensor_PACKAGES xtensor)
set(AURUM_xtensor_LIBRARIES xtensor)
set(AURUM_eigen_PACKAGES Eigen3)
set(AURUM_eigen_LIBRARIES Eigen3::Eigen)
set(AURUM_dlib_PACKAGES dlib)
set(AURUM_dlib_LIBRARIES dlib::dlib)
set(AURUM_opencv_PACKAGES OpenCV)
set(AURUM_opencv_LIBRARIES opencv_core opencv_imgproc opencv_objdetect opencv_videoio)
set(AURUM_openmp_PACKAGES OpenMP)
set(AURUM_openmp_LIBRARIES OpenMP::OpenMP_CXX)
set(AURUM_cuda_PACKAGES CUDAToolkit CUDNN)
set(AURUM_cuda_LIBRARIES CUDA::cudart CUDNN::cudnn)
set(AURUM_PACKAGE_FILES ${CMAKE_CURRENT_LIST_DIR}) # FindCUDNN.cmake

# Looks for the packages of `features` and sets AURUM_<feature>_FOUND for each. A macro, because
# find_package sets variables that the caller needs.
macro(aurum_find_features features)
  list(APPEND CMAKE_MODULE_PATH ${AURUM_PACKAGE_FILES})
  foreach(aurum_feature IN ITEMS ${features})
    set(AURUM_${aurum_feature}_FOUND TRUE)
    foreach(aurum_package IN LISTS AURUM_${aurum_feature}_PACKAGES)
      find_package(${aurum_package} QUIET)
      if(NOT ${aurum_package}_FOUND)
        set(AURUM_${aurum_feature}_FOUND FALSE)
      endif()
    endforeach()
  endforeach()
endmacro()

# Debian's xsimd 8.1 links xtl, which it has a use for in complex numbers only, and neither looks for it nor
# depends on its package.
function(aurum_mend_xsimd)
  get_target_property(libraries xsimd INTERFACE_LINK_LIBRARIES)
  if(NOT TARGET xtl AND "xtl" IN_LIST libraries)
    list(REMOVE_ITEM libraries xtl)
    set_target_properties(xsimd PROPERTIES INTERFACE_LINK_LIBRARIES "${libraries}")
  endif()
endfunction()
