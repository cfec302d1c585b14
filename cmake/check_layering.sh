#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Refuses an #include against the table of cmake/layering.txt, a folder of C++ without a row, a row without a folder, and
# a row that names one at or below it (a circle). Argument: the tree; default: this one. Test: check_layering_test.sh
set -euo pipefail
cd "${1:-$(dirname "$0")/..}"
find . \( -path './build*' -o -path './.*' \) -prune -o \
  -type f \( -name '*.[chi]pp' -o -name '*.h' -o -name '*.inc' -o -name '*.def' \) -print |
  sed 's#^\./##' | LC_ALL=C sort |
  awk '
    function wrong(message) { print message; ++failures }
    function folder_of(path) { return match(path, /\/[^\/]*$/) ? substr(path, 1, RSTART - 1) : "" }

    function read_row(line,   at, count, names, i) {
      at = index(line, ":")
      if (!at) { wrong(table ": no colon in: " line); return }
      folder = substr(line, 1, at - 1)
      if (folder in place) wrong(table ": two rows for " folder)
      place[folder] = ++rows
      top[substr(folder, 1, index(folder "/", "/") - 1)] = 1
      count = split(substr(line, at + 1), names, " ")
      for (i = 1; i <= count; ++i) may[folder, names[i]] = 1
    }
    function allowed(from, to) {
      if (from == to) return 1
      return to in place && ((from, to) in may || (from, "all") in may) && place[to] < place[from]
    }
    function reason(from, to) {
      if (!(to in place)) return "there is no such folder in " table
      if ((from, to) in may) return "a circle: " table " lists " to " below " from
      return "against " table
    }
    function check_include(file, number, target,   from, to) {
      from = folder_of(file); to = folder_of(target)
      if (from in place && target ~ /^Vwd_[a-z_0-9]*\.h$/) return  # made by Verilator
      if (!(from in place) || allowed(from, to)) return
      if (file ~ /_(test|bench)\.cpp$/ && to in place && (to !~ /^testbench/ || from ~ /^testbench/)) return
      if (from ~ /^testbench/ && to ~ /^testbench/ && to in place) return
      wrong(file ":" number ": " from " must not include " target " (" reason(from, to) ")")
    }
    function check_file(file,   line, number, parts) {
      ++files
      if (!(folder_of(file) in place) && !(folder_of(file) in reported)) {
        reported[folder_of(file)] = 1
        wrong(folder_of(file) ": no row in " table "; add one below everything that it may include (" file ")")
      }
      has_files[folder_of(file)] = 1
      while ((getline line < file) > 0) {
        ++number
        if (line !~ /^[ \t]*#[ \t]*include[ \t]*["<]/) continue
        split(line, parts, /["<>]/)
        if (line ~ /"/ || substr(parts[2], 1, index(parts[2], "/") - 1) in top) check_include(file, number, parts[2])
      }
      close(file)
    }

    BEGIN {
      table = "cmake/layering.txt"
      while ((getline line < table) > 0)
        if (line !~ /^(#|[ \t]*$)/) read_row(line)
      if (!rows) wrong(table ": no rows")
    }
    { check_file($0) }
    END {
      for (pair in may) {
        split(pair, names, SUBSEP)
        if (names[2] == "all") continue
        if (!(names[2] in place)) wrong(table ": " names[1] " names " names[2] ", which has no row")
        else if (place[names[2]] >= place[names[1]])
          wrong(table ": a circle: " names[1] " names " names[2] ", which does not stand above it")
      }
      for (folder in place) if (!(folder in has_files)) wrong(table ": " folder " holds no C++; take its row out")
      print files + 0 " files in " rows " folders, " failures + 0 " against the direction"
      exit failures > 0
    }'
