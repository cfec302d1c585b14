# What `cmake --install` puts elsewhere (docs/install.md), in three components, each a Debian package (WdPackage.cmake):
# program, development (for projects outside of this tree) and python (python/CMakeLists.txt, where there is one).
# Nothing of it names a folder of this tree or of the installation: it may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# wd_installed_library(<target> <name outside> <libraries...>)
# One archive of our libraries, so that no name of this tree's targets leaves it.
function(wd_installed_library target name)
  add_library(${target} STATIC)
  foreach(library IN LISTS ARGN)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${library}>)
    add_dependencies(${target} ${library})
  endforeach()
  set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX OUTPUT_NAME whitedwarf_${name} EXPORT_NAME ${name})
  target_compile_features(${target} INTERFACE cxx_std_20)
  if(WD_SANITIZE)
    target_link_options(${target} INTERFACE -fsanitize=${WD_SANITIZE})
  endif()
  install(TARGETS ${target} EXPORT whitedwarf_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()

wd_installed_library(wd_installed_engines engines
  wd_base wd_arch wd_stream wd_model wd_program wd_post_kernels wd_fst wd_signals wd_sim wd_systemc_engine)
target_link_libraries(wd_installed_engines INTERFACE PkgConfig::SYSTEMC ZLIB::ZLIB Threads::Threads)
target_compile_definitions(wd_installed_engines INTERFACE SC_CPLUSPLUS=201703L)
# SystemC's `main` wants an sc_main; where a program has its own `main`, the archive's.
target_link_options(wd_installed_engines INTERFACE LINKER:-u,sc_main)

wd_installed_library(wd_installed_whitedwarf whitedwarf
  wd_library wd_graph wd_networks wd_kernels wd_data wd_optimize wd_layers wd_supermask wd_executor wd_quantize wd_compressed_model wd_train wd_compiler)
set_target_properties(wd_installed_whitedwarf PROPERTIES OUTPUT_NAME whitedwarf)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
target_link_libraries(wd_installed_whitedwarf INTERFACE wd_installed_engines JPEG::JPEG PNG::PNG)

wd_installed_library(wd_installed_tlm tlm wd_dram wd_tlm)
target_link_libraries(wd_installed_tlm INTERFACE wd_installed_engines)
wd_installed_library(wd_installed_tlm_rtl tlm_rtl wd_tlm_rtl wd_rtl_engine ${wd_rtl_cores} wd_verilated)
target_link_libraries(wd_installed_tlm_rtl INTERFACE wd_installed_tlm)

# Headers of others' programs: these and no more.
install(FILES flow/library/whitedwarf/compiled.hpp flow/library/whitedwarf/network.hpp ${PROJECT_BINARY_DIR}/flow/library/whitedwarf/version.hpp
              sim/tlm/whitedwarf/chip.hpp sim/tlm/whitedwarf/host.hpp sim/tlm/whitedwarf/memory.hpp sim/tlm/whitedwarf/program.hpp
              sim/tlm/rtl/whitedwarf/rtl.hpp ${PROJECT_BINARY_DIR}/sim/tlm/whitedwarf/registers.hpp
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/whitedwarf COMPONENT development)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/whitedwarf)
install(EXPORT whitedwarf_targets FILE whitedwarf-targets.cmake NAMESPACE whitedwarf:: DESTINATION ${package} COMPONENT development)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/whitedwarf-config.cmake.in ${PROJECT_BINARY_DIR}/whitedwarf-config.cmake
                              INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/whitedwarf-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/whitedwarf-config.cmake ${PROJECT_BINARY_DIR}/whitedwarf-config-version.cmake
        DESTINATION ${package} COMPONENT development)
# The library for builds without CMake.
file(RELATIVE_PATH from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/whitedwarf.pc.in ${PROJECT_BINARY_DIR}/whitedwarf.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/whitedwarf.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

install(TARGETS whitedwarf whitedwarf-convert-cifar10 DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
install(DIRECTORY ${PROJECT_BINARY_DIR}/manual/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES ${PROJECT_BINARY_DIR}/completion.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME whitedwarf COMPONENT program)
install(FILES ${PROJECT_BINARY_DIR}/completion.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _whitedwarf COMPONENT program)
set(documents ${CMAKE_INSTALL_DATADIR}/doc/whitedwarf)
install(DIRECTORY docs DESTINATION ${documents} COMPONENT program FILES_MATCHING PATTERN *.md PATTERN *.svg PATTERN *.png)
install(FILES README.md CHANGELOG.md DESTINATION ${documents} COMPONENT program)
install(FILES LICENSE DESTINATION ${documents} RENAME copyright COMPONENT program)
install(FILES LICENSE DESTINATION ${documents}-dev RENAME copyright COMPONENT development)
# Where base/shared_files.cpp finds them, by the names that they have here.
foreach(folder algo/configs algo/reservoir/configs algo/studies hw/arch hw/gen hw/power hw/rtl hw/sva hw/syn testbench/gates)
  cmake_path(GET folder PARENT_PATH parent)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_DATADIR}/whitedwarf/${parent} COMPONENT program
          FILES_MATCHING PATTERN *.json PATTERN *.sv PATTERN *.py PATTERN __pycache__ EXCLUDE)
endforeach()
install(PROGRAMS scripts/fetch_cifar10.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/whitedwarf/scripts COMPONENT program)
