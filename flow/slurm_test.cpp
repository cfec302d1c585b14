// SPDX-License-Identifier: Apache-2.0
// What is handed to Slurm: arrays and scripts, which a shell reads as they are meant. The cluster itself: cli/slurm_test.sh.
#include "flow/slurm.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/temporary_folder.hpp"
#include "flow/shell_word.hpp"

using namespace wd;
using namespace wd::flow;
using Catch::Contains;

namespace {

std::string contents(const std::filesystem::path& file) {
  const Bytes bytes = read_file(file);
  return {bytes.begin(), bytes.end()};
}

/// Sets what the sink of one option would.
class OneOption : public OptionSink {
 public:
  OneOption(SlurmOptions& options, std::string name, std::string value)
      : name_(std::move(name)), value_(std::move(value)) {
    options.declare(*this);
  }
  void add(Option option) override {
    if (option.name == name_) option.set(value_, "--" + name_);
  }

 private:
  std::string name_, value_;
};

}  // namespace

TEST_CASE("slurm: places in an array", "[flow]") {
  CHECK(slurm_array({0}) == "0");
  CHECK(slurm_array({0, 1, 2, 3}) == "0-3");
  CHECK(slurm_array({0, 2, 3, 7, 8, 9, 11}) == "0,2-3,7-9,11");
}

TEST_CASE("slurm: words as a shell reads them", "[flow]") {
  for (const std::string word : {"plain", "a b", "it's", "", "$HOME `x` \"y\" \\ *", "--name=v w"}) {
    const TemporaryFolder folder("wd slurm 'q' %a");
    const std::string command =
        "printf %s " + shell_word(word) + " >" + shell_word((folder.path / "out").string());
    REQUIRE(std::system(command.c_str()) == 0);
    CHECK(contents(folder.path / "out") == word);
  }
}

TEST_CASE("slurm: the script runs the command as a task and tells how it ended", "[flow]") {
  const TemporaryFolder folder("wd slurm 'q' %a");
  const std::filesystem::path program = folder.path / "program";
  write_file(program, "#!/bin/sh\npwd\nfor word; do echo \"<$word>\"; done\nexit 3\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  std::filesystem::create_directories(folder.path / "out" / "slurm");
  SlurmOptions options;
  options.tasks = 8;
  options.cores = 2;
  options.partition = "main";
  options.time = "01:30:00";
  options.memory = "4G";
  const SlurmCommand command{
      {program.string(), "explore", "--config=my study.json"}, folder.path, folder.path / "out"};
  const std::string script = slurm_script(options, command);
  for (const char* line : {"#SBATCH --array=0-7\n", "#SBATCH --cpus-per-task=2\n",
                           "#SBATCH --partition=main\n", "#SBATCH --time=01:30:00\n", "#SBATCH --mem=4G\n"})
    CHECK_THAT(script, Contains(line));
  write_file(folder.path / "job.sh", script);
  const std::string run = "SLURM_ARRAY_TASK_ID=5 bash " + shell_word((folder.path / "job.sh").string());
  CHECK(std::system(run.c_str()) == 3 << 8);
  CHECK(contents(folder.path / "out/slurm/task_5.exit") == "3\n");
  CHECK(contents(folder.path / "out/slurm/task_5.log") ==
        folder.path.string() + "\n<explore>\n<--config=my study.json>\n<--threads>\n<2>\n");
  const SlurmOptions usual;
  CHECK_THAT(slurm_script(usual, command),
             !Contains("--partition") && !Contains("--time") && !Contains("--mem"));
}

TEST_CASE("slurm: what sbatch would not take is refused", "[flow][bad-input]") {
  SlurmOptions options;
  OneOption(options, "slurm-time", "2-00:00:00");
  CHECK(options.time == "2-00:00:00");
  CHECK_THROWS_WITH(OneOption(options, "slurm-time", "two hours"), Contains("--slurm-time: 'two hours'"));
  CHECK_THROWS_WITH(OneOption(options, "slurm-memory", "4 GB"), Contains("like 4G"));
  CHECK_THROWS_WITH(OneOption(options, "slurm-partition", "main\n#SBATCH --x"),
                    Contains("--slurm-partition"));
  CHECK_THROWS_WITH(OneOption(options, "slurm-partition", ""), Contains("--slurm-partition"));
  CHECK_THROWS_WITH(OneOption(options, "slurm-tasks", "0"), Contains("--slurm-tasks"));
}
