# The RTL's files, and Verilator with the options that all of its models share.
set(wd_rtl ${PROJECT_SOURCE_DIR}/hw/rtl)
set(wd_rtl_packages ${PROJECT_SOURCE_DIR}/hw/gen/wd_arch_pkg.sv ${wd_rtl}/wd_fp_pkg.sv)
# Every module, as hw/lint and hw/syn take them: what an elaboration does not instantiate costs it nothing.
file(GLOB wd_rtl_modules CONFIGURE_DEPENDS ${wd_rtl}/*.sv)
list(FILTER wd_rtl_modules EXCLUDE REGEX _pkg.sv$)
file(GLOB wd_rtl_assertions CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/hw/sva/*.sv)
set(wd_rtl_waivers ${PROJECT_SOURCE_DIR}/hw/lint/waivers.vlt)

# Registers and memories start with what the context says: zeros, or random bits of a seed (unique).
# Small functions (--output-split-cfuncs) are what the 16 groups share: a fifth of the code to compile.
# SIGNALS: a model whose signals can be told (--trace), which is slower and twice the code.
# wd_verilate(<target> <prefix> <top module> [SIGNALS] [OPTIMIZE <-O2>] ARGS <verilator arguments...> SOURCES <files...>)
function(wd_verilate target prefix top)
  cmake_parse_arguments(arg "SIGNALS" "OPTIMIZE" "ARGS;SOURCES" ${ARGN})
  if(NOT arg_OPTIMIZE)
    set(arg_OPTIMIZE -O1)  # compiles in half the time of -O2
  endif()
  set(signals)
  if(arg_SIGNALS)
    set(signals TRACE)
    list(APPEND arg_ARGS --trace-max-width 0)  # else what is wider than 256 bits is left out
    list(PREPEND arg_SOURCES ${PROJECT_SOURCE_DIR}/hw/lint/no_signals.vlt)
  endif()
  add_library(${target} STATIC)
  verilate(${target} ${signals} PREFIX ${prefix} TOP_MODULE ${top} SOURCES ${arg_SOURCES}
           VERILATOR_ARGS -O3 --x-assign unique --x-initial unique --output-split-cfuncs 2000 ${arg_ARGS}
           OPT_FAST ${arg_OPTIMIZE} OPT_SLOW -O0 OPT_GLOBAL -O2)
  get_target_property(generated ${target} INCLUDE_DIRECTORIES)
  target_include_directories(${target} SYSTEM INTERFACE ${generated})
endfunction()
