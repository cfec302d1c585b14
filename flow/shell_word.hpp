// SPDX-License-Identifier: Apache-2.0
// Words for command lines that people and shells read.
//
// Test      slurm_test.cpp
#pragma once

#include <string>

namespace wd::flow {

/// As it is where a shell takes it so, else between single quotes.
inline std::string shell_word(const std::string& word) {
  if (!word.empty() &&
      word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=,+:") ==
          std::string::npos)
    return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace wd::flow
