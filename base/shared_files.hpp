// SPDX-License-Identifier: Apache-2.0
// Finds the files that come with the program: example configurations and studies, architectures, power tables, the RTL.
//
// What      an installation has them in share/whitedwarf beside its bin, by the names that they have in the source tree
//           ("algo/configs/hfn_fmnist.json"), so that commands of the documents work anywhere. They are found from where
//           the running program lies, never by a path of its build: an installation may be moved.
// Test      shared_files_test.cpp, cli/install_test.sh
#pragma once

#include <filesystem>

namespace wd {

/// $WHITEDWARF_SHARE; else share/whitedwarf in a folder that the running program lies in (or the shared object that this is part of,
/// like a Python module), or such a folder itself if it is the source tree: the nearest. Empty: there is none.
std::filesystem::path shared_folder();

/// For tests of the rule: of a program at that path.
std::filesystem::path shared_folder_of(const std::filesystem::path& program);

/// `path`, or the shared file of that name where there is none at `path` itself.
std::filesystem::path find_shared(const std::filesystem::path& path);

}  // namespace wd
