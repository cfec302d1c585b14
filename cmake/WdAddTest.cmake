# wd_add_test(<folder.unit> <sources...> [LIBS <targets...>] [LABELS <labels...>])
# One Catch2 program, one ctest entry of the same name. Default label: fast. Little optimized: compiling a test takes longer
# than running it, and the loops that take time are in the libraries.
add_library(wd_catch_main STATIC ${CMAKE_CURRENT_LIST_DIR}/catch_main.cpp)
target_link_libraries(wd_catch_main PUBLIC Catch2::Catch2)

function(wd_add_test name)
  cmake_parse_arguments(arg "" "" "LIBS;LABELS" ${ARGN})
  string(REPLACE "." "_" target ${name}_test)
  add_executable(${target} ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${target} PRIVATE wd_catch_main ${arg_LIBS})
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
  add_test(NAME ${name} COMMAND ${target})
  if(NOT arg_LABELS)
    set(arg_LABELS fast)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 600)
endfunction()
