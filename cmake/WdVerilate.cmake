# The RTL's files, and Verilator with the options that all of its models share.
set(wd_rtl ${PROJECT_SOURCE_DIR}/hw/rtl)
set(wd_rtl_packages ${PROJECT_SOURCE_DIR}/hw/gen/wd_arch_pkg.sv ${wd_rtl}/wd_fp_pkg.sv)
# Every module, as hw/lint and hw/syn take them: what an elaboration does not instantiate costs it nothing.
file(GLOB wd_rtl_modules CONFIGURE_DEPENDS ${wd_rtl}/*.sv)
list(FILTER wd_rtl_modules EXCLUDE REGEX _pkg.sv$)
file(GLOB wd_rtl_assertions CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/hw/sva/*.sv)
set(wd_rtl_waivers ${PROJECT_SOURCE_DIR}/hw/lint/waivers.vlt)

# Compiles files of a target as the includes of few: reading Verilator's headers takes longer than most files.
# wd_compile_together(<target> <path of the new ones, without number> <-O2> <files of each> <files...>)
function(wd_compile_together target path optimize most)
  set_source_files_properties(${ARGN} PROPERTIES HEADER_FILE_ONLY ON)
  set(number 0)
  set(files ${ARGN})
  while(files)
    list(SUBLIST files 0 ${most} unit)
    list(LENGTH files left)
    if(left GREATER most)
      list(SUBLIST files ${most} -1 files)
    else()
      set(files)
    endif()
    list(TRANSFORM unit REPLACE "^.*/" "#include \"") # of the same folder
    list(TRANSFORM unit APPEND "\"\n")
    list(JOIN unit "" content)
    file(GENERATE OUTPUT ${path}${number}.cpp CONTENT "${content}")
    target_sources(${target} PRIVATE ${path}${number}.cpp)
    set_source_files_properties(${path}${number}.cpp PROPERTIES COMPILE_FLAGS ${optimize})
    math(EXPR number "${number} + 1")
  endwhile()
endfunction()

# What all models have of Verilator's own files, compiled once. Those for signals stay each model's.
function(wd_share_verilated target)
  set(shared)
  foreach(name verilated verilated_dpi verilated_threads)
    list(APPEND shared ${VERILATOR_ROOT}/include/${name}.cpp)
  endforeach()
  if(NOT TARGET wd_verilated)
    add_library(wd_verilated STATIC ${shared})
    set_source_files_properties(${shared} PROPERTIES COMPILE_FLAGS -O2)
    target_include_directories(wd_verilated PUBLIC ${VERILATOR_ROOT}/include ${VERILATOR_ROOT}/include/vltstd)
    target_compile_definitions(wd_verilated PRIVATE VM_COVERAGE=0 VM_SC=0 VM_TRACE=0 VM_TRACE_FST=0 VM_TRACE_VCD=0)
    target_link_libraries(wd_verilated PUBLIC ${VERILATOR_MT_CFLAGS})
  endif()
  get_target_property(sources ${target} SOURCES)
  list(REMOVE_ITEM sources ${shared})
  set_target_properties(${target} PROPERTIES SOURCES "${sources}")
  target_link_libraries(${target} PUBLIC wd_verilated)
endfunction()

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
  list(GET generated 0 folder)
  include(${folder}/${prefix}_copy.cmake) # names the files
  wd_compile_together(${target} ${folder}/fast ${arg_OPTIMIZE} 8 ${${prefix}_CLASSES_FAST} ${${prefix}_SUPPORT_FAST})
  wd_compile_together(${target} ${folder}/slow -O0 16 ${${prefix}_CLASSES_SLOW} ${${prefix}_SUPPORT_SLOW})
  wd_share_verilated(${target})
endfunction()
