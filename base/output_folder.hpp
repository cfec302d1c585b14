// SPDX-License-Identifier: Apache-2.0
// A command's output folder: refused early, made late, held by one process, or by those that share their work.
//
// What      asked for before the work, so that a folder that cannot be written or that another process holds is refused
//           then; made once everything else is accepted, so that refused calls leave nothing.
// Errors    wd::Error naming the folder, the reason and the remedy, --out.
// Not       a lock between objects of one process: all of them share its hold.
// Test      output_folder_test.cpp, cli/refused_early_test.sh
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/folder_lock.hpp"

namespace wd {

/// Refuses a folder that cannot be made or written; leaves nothing.
void try_folder(const std::filesystem::path& path);

class OutputFolder {
 public:
  /// Holds the folder if it is there; else tries whether it could be made.
  explicit OutputFolder(std::filesystem::path path, Hold hold = Hold::alone);

  /// Makes the folder and its parents where they are missing, and holds it while this object lives.
  void make();

  const std::filesystem::path& path() const { return path_; }

 private:
  void lock();

  std::filesystem::path path_;
  Hold hold_;
  std::shared_ptr<FolderLock> lock_;
};

/// Whose results a folder has: a study that is edited and repeated keeps its name, another one is refused.
///
/// What      FOLDER/KIND.study, a JSON object with the study's name and file, which the first process makes.
/// Errors    wd::Error naming the folder, both studies and the remedy.
class StudyMark {
 public:
  /// Refuses a folder with another study's results. @param kind of study: "explore", "ablation"
  StudyMark(const std::filesystem::path& folder, const std::string& kind, std::string name,
            const std::filesystem::path& file);

  /// In the folder, which is there; refuses one where another study was faster.
  void make() const;

  /// Refuses a folder with results of any study of this kind, for a command that would replace them.
  static void require_none(const std::filesystem::path& folder, const std::string& kind);

 private:
  std::filesystem::path mark_;
  std::string name_, file_;

  void check() const;
};

}  // namespace wd
