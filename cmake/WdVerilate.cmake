# The RTL's files, and Verilator with the options that all of its models share.
set(wd_rtl ${PROJECT_SOURCE_DIR}/hw/rtl)
set(wd_rtl_packages ${PROJECT_SOURCE_DIR}/hw/gen/wd_arch_pkg.sv ${wd_rtl}/wd_fp_pkg.sv)
set(wd_rtl_modules
    ${wd_rtl}/wd_act_bank.sv ${wd_rtl}/wd_act_buffer.sv ${wd_rtl}/wd_array.sv ${wd_rtl}/wd_counters.sv
    ${wd_rtl}/wd_dispatch.sv ${wd_rtl}/wd_dma.sv ${wd_rtl}/wd_expander.sv ${wd_rtl}/wd_fetch.sv
    ${wd_rtl}/wd_fetch_axis.sv ${wd_rtl}/wd_group.sv ${wd_rtl}/wd_icg.sv ${wd_rtl}/wd_instr_memory.sv
    ${wd_rtl}/wd_norm_buffer.sv ${wd_rtl}/wd_pe.sv ${wd_rtl}/wd_post.sv ${wd_rtl}/wd_post_lane.sv ${wd_rtl}/wd_score_buffer.sv
    ${wd_rtl}/wd_sequencer.sv ${wd_rtl}/wd_top.sv ${wd_rtl}/wd_weight_buffer.sv ${wd_rtl}/wd_window_lane.sv)
set(wd_rtl_waivers ${PROJECT_SOURCE_DIR}/hw/lint/waivers.vlt)

# Small functions (--output-split-cfuncs) are what the 16 groups share: a fifth of the code to compile.
# wd_verilate(<target> <prefix> <top module> ARGS <verilator arguments...> SOURCES <files...>)
function(wd_verilate target prefix top)
  cmake_parse_arguments(arg "" "" "ARGS;SOURCES" ${ARGN})
  add_library(${target} STATIC)
  verilate(${target} PREFIX ${prefix} TOP_MODULE ${top} SOURCES ${arg_SOURCES}
           VERILATOR_ARGS -O3 --x-assign fast --x-initial fast --output-split-cfuncs 2000 ${arg_ARGS}
           OPT_FAST -O2 OPT_SLOW -O0 OPT_GLOBAL -O2)
  get_target_property(generated ${target} INCLUDE_DIRECTORIES)
  target_include_directories(${target} SYSTEM INTERFACE ${generated})
endfunction()
