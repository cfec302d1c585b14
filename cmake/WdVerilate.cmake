# The RTL's files, and Verilator with the options that all of its models share.
set(wd_rtl ${PROJECT_SOURCE_DIR}/hw/rtl)
set(wd_rtl_packages ${PROJECT_SOURCE_DIR}/hw/gen/wd_arch_pkg.sv ${wd_rtl}/wd_fp_pkg.sv)
# Every module, as hw/lint and hw/syn take them: what an elaboration does not instantiate costs it nothing.
file(GLOB wd_rtl_modules CONFIGURE_DEPENDS ${wd_rtl}/*.sv)
list(FILTER wd_rtl_modules EXCLUDE REGEX _pkg.sv$)
file(GLOB wd_rtl_assertions CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/hw/sva/*.sv)
set(wd_rtl_waivers ${PROJECT_SOURCE_DIR}/hw/lint/waivers.vlt)

# Coverage: counters that outlive the models, and are written at the program's end.
set(wd_coverage ${PROJECT_SOURCE_DIR}/testbench/coverage)
if(WD_COVERAGE)
  set(VERILATOR_BIN ${wd_coverage}/verilate.sh)
endif()

# What all models have of Verilator's own files, compiled once.
add_library(wd_verilated STATIC)
foreach(name verilated verilated_dpi verilated_threads verilated_vcd_c)
  target_sources(wd_verilated PRIVATE ${VERILATOR_ROOT}/include/${name}.cpp)
endforeach()
if(WD_COVERAGE)
  target_sources(wd_verilated PRIVATE ${VERILATOR_ROOT}/include/verilated_cov.cpp ${wd_coverage}/points_at_exit.cpp)
endif()
set_target_properties(wd_verilated PROPERTIES UNITY_BUILD OFF)
target_compile_options(wd_verilated PRIVATE -O2)
target_include_directories(wd_verilated SYSTEM PUBLIC ${VERILATOR_ROOT}/include ${VERILATOR_ROOT}/include/vltstd)
target_compile_definitions(wd_verilated PRIVATE VM_COVERAGE=$<BOOL:${WD_COVERAGE}> VM_SC=0 VM_TRACE=0 VM_TRACE_FST=0 VM_TRACE_VCD=0)
target_link_libraries(wd_verilated PUBLIC ${VERILATOR_MT_CFLAGS})

# A library of what Verilator makes of a module. Verilator runs while building, beside the compilers, and cmake/verilate.sh puts its
# many files together into as many as are said here, since a build has to know them before: reading Verilator's headers takes longer
# than most files do.
# Registers and memories start with what the context says: zeros, or random bits of a seed (unique).
# Small functions (--output-split-cfuncs) are what the 16 groups share: a fifth of the code to compile.
# SIGNALS: a model whose signals can be told (--trace), which is slower and twice the code.
# UNITS: files of what runs in every cycle; half as many have the rest. Without, all is one file: a block by itself.
# wd_verilate(<target> <prefix> <top module> [SIGNALS] [UNITS <n>] [OPTIMIZE <-O2>] ARGS <verilator arguments...> SOURCES <files...>)
function(wd_verilate target prefix top)
  cmake_parse_arguments(arg "SIGNALS" "OPTIMIZE;UNITS" "ARGS;SOURCES" ${ARGN})
  if(NOT arg_OPTIMIZE)
    set(arg_OPTIMIZE -O1)  # compiles in half the time of -O2
  endif()
  if(WD_COVERAGE)
    set(arg_OPTIMIZE -O0)
    list(APPEND arg_ARGS --coverage-line --coverage-toggle)
  endif()
  if(arg_SIGNALS)
    list(PREPEND arg_ARGS --trace --trace-max-width 0)  # else what is wider than 256 bits is left out
    list(PREPEND arg_SOURCES ${PROJECT_SOURCE_DIR}/hw/lint/no_signals.vlt)
  endif()
  set(fast 1)
  set(slow 0)
  if(arg_UNITS)
    set(fast ${arg_UNITS})
    math(EXPR slow "(${fast} + 1) / 2")
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/verilated/${target})
  set(units)
  set(optimize_fast ${arg_OPTIMIZE})
  set(optimize_slow -O0)
  foreach(kind fast slow)
    set(number 0)
    while(number LESS ${kind})
      list(APPEND units ${folder}/${kind}${number}.cpp)
      set_source_files_properties(${folder}/${kind}${number}.cpp PROPERTIES COMPILE_FLAGS ${optimize_${kind}})
      math(EXPR number "${number} + 1")
    endwhile()
  endforeach()
  add_custom_command(OUTPUT ${units} ${folder}/${prefix}.h ${folder}/${prefix}___024root.h
    COMMAND ${PROJECT_SOURCE_DIR}/cmake/verilate.sh ${folder} ${prefix} ${fast} ${slow} ${VERILATOR_BIN} --cc --top ${top} -O3
            --x-assign unique --x-initial unique --output-split-cfuncs 2000 ${arg_ARGS} ${arg_SOURCES}
    DEPENDS ${VERILATOR_BIN} ${PROJECT_SOURCE_DIR}/cmake/verilate.sh ${arg_SOURCES}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} COMMENT "Verilating ${target}" VERBATIM)
  add_library(${target} STATIC ${units} ${folder}/${prefix}.h ${folder}/${prefix}___024root.h)
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  target_include_directories(${target} SYSTEM PUBLIC ${folder})
  target_compile_definitions(${target} PRIVATE VM_COVERAGE=$<BOOL:${WD_COVERAGE}> VM_SC=0 VM_TRACE=$<BOOL:${arg_SIGNALS}> VM_TRACE_FST=0 VM_TRACE_VCD=$<BOOL:${arg_SIGNALS}>)
  target_link_libraries(${target} PUBLIC wd_verilated)
endfunction()
