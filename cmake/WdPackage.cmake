# Packages of what WdInstall.cmake installs: `cpack -G DEB` in the build folder makes one Debian package for each component
# (scripts/release.sh calls it). Depends are those that dpkg-shlibdeps finds, and the libraries that archives want.
set(CPACK_PACKAGE_NAME whitedwarf)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "WhiteDwarf developers <whitedwarf@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "co-design of sparse, reservoir-computing-like networks and their accelerator")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)  # Debian 12 and later read it; a tenth of the time of xz
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION electronics)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_COMPONENTS_ALL program development)
get_cmake_property(components COMPONENTS)
if(python IN_LIST components)
  list(APPEND CPACK_COMPONENTS_ALL python)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)  # whose minor version the module is for
  math(EXPR next "${Python3_VERSION_MINOR} + 1")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3 (>= 3.${Python3_VERSION_MINOR}), python3 (<< 3.${next}), python3-numpy")
endif()

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME whitedwarf)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "dataset-fashion-mnist")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "yosys, iverilog, opensta, python3, npm, slurm-client")
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
"Trains, compresses, compiles and executes networks on models of the chip:
golden, fast, SystemC and the RTL. With manual pages, completions, example
configurations, power tables and the RTL's sources.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME whitedwarf-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libsystemc-dev, zlib1g-dev, libjpeg-dev, libpng-dev, pkg-config")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "cmake")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
"Headers, archives and the CMake package of the library (train, compile, run)
and of the chip as a TLM-2.0 module.")

set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-whitedwarf)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PYTHON_PACKAGE_RECOMMENDS whitedwarf)  # example configurations and what else is shared
set(CPACK_COMPONENT_PYTHON_DESCRIPTION "The Python module: import whitedwarf.")
include(CPack)
