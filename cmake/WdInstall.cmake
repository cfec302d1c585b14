# What `cmake --install` puts elsewhere: the chip as a TLM-2.0 module, for projects outside of this tree (docs/platform.md), and the program.
# Each library is one archive of all that it needs of ours, so that no name of this tree's targets leaves it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# wd_installed_library(<target> <name outside> <libraries...>)
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
  install(TARGETS ${target} EXPORT whitedwarf_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()

wd_installed_library(wd_installed_tlm tlm
  wd_base wd_arch wd_stream wd_model wd_program wd_post_kernels wd_fst wd_signals wd_sim wd_systemc_engine wd_dram wd_tlm)
target_link_libraries(wd_installed_tlm INTERFACE PkgConfig::SYSTEMC ZLIB::ZLIB Threads::Threads)
target_compile_definitions(wd_installed_tlm INTERFACE SC_CPLUSPLUS=201703L)
# SystemC's `main` wants an sc_main; where a program has its own `main`, the archive's.
target_link_options(wd_installed_tlm INTERFACE LINKER:-u,sc_main)
wd_installed_library(wd_installed_tlm_rtl tlm_rtl wd_tlm_rtl wd_rtl_engine ${wd_rtl_cores} wd_verilated)
target_link_libraries(wd_installed_tlm_rtl INTERFACE wd_installed_tlm)

install(TARGETS whitedwarf DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/sim/tlm/whitedwarf ${PROJECT_SOURCE_DIR}/sim/tlm/rtl/whitedwarf ${PROJECT_BINARY_DIR}/sim/tlm/whitedwarf
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/whitedwarf)
install(EXPORT whitedwarf_targets FILE whitedwarf-targets.cmake NAMESPACE whitedwarf:: DESTINATION ${package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/whitedwarf-config.cmake.in ${PROJECT_BINARY_DIR}/whitedwarf-config.cmake
                              INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/whitedwarf-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/whitedwarf-config.cmake ${PROJECT_BINARY_DIR}/whitedwarf-config-version.cmake DESTINATION ${package})
