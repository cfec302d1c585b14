// SPDX-License-Identifier: Apache-2.0
#include "flow/status.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/sha256.hpp"
#include "base/temporary_folder.hpp"

using namespace wd;
using namespace wd::flow;
using Catch::Contains;
using nlohmann::json;

namespace {

class StatusFolder {
 public:
  /// @return its SHA-256
  std::string file(const char* name, std::uint8_t content) {
    const Bytes bytes{content};
    write_file(folder_.path / name, bytes);
    return sha256(bytes);
  }
  void record(const char* name, const json& value) {
    const std::string content = value.dump();
    write_file(folder_.path / name, Bytes(content.begin(), content.end()));
  }
  StatusResult look() const {
    const std::atomic<bool> stop{false};
    Context context(stop);
    StatusOptions options;
    options.out = folder_.path;
    return status(options, context);
  }
  /// "train done, compress missing, ..."
  std::string states() const {
    std::string all;
    for (const StageStatus& stage : look().stages)
      all += (all.empty() ? "" : ", ") + stage.command + " " + stage.state;
    return all;
  }
  std::string next() const { return look().next; }
  std::string name() const { return folder_.path.string(); }

 private:
  TemporaryFolder folder_{"status_test"};
};

}  // namespace

TEST_CASE("status: from an empty folder to the report", "[flow]") {
  StatusFolder folder;
  CHECK(folder.states() == "train missing, compress missing, compile missing, run missing");
  CHECK(folder.next() == "whitedwarf train --out " + folder.name());
  folder.file("checkpoint.wdc", 1);
  CHECK(folder.states() == "train stopped, compress missing, compile missing, run missing");
  const std::string model = folder.file("model.wdm", 2);
  folder.record("train.json", {{"accuracy_fp32", 0.875}, {"accuracy_hw", 0.75}});
  CHECK(folder.look().stages[0].note == "87.50 % FP32, 75.00 % on the chip");
  CHECK(folder.next() == "whitedwarf compress --out " + folder.name());
  const std::string compressed = folder.file("model.wdz", 3), program = folder.file("program.wdp", 4);
  folder.record("compress.json",
                {{"model_sha256", model}, {"compressed_bytes", 1234}, {"offchip_ratio", 29.05}});
  folder.record("compile.json", {{"compressed_sha256", compressed}});
  CHECK(folder.states() == "train done, compress done, compile done, run missing");
  CHECK_THAT(folder.look().stages[1].note, Contains("1234 bytes"));
  folder.record("run.json", {{"program_sha256", program},
                             {"equal", {{"values", true}, {"cycles", false}, {"counters", nullptr}}}});
  CHECK(folder.look().stages[3].note == "values equal, cycles DIFFERENT");
  CHECK(folder.next() == "whitedwarf cosim --out " + folder.name());
  folder.record("cosim.json", {{"program_sha256", program}});
  folder.record("ablation.json", {{"program_sha256", program}});
  CHECK(folder.next() == "whitedwarf report --out " + folder.name());
  folder.file("report.html", 5);
  CHECK(folder.next().empty());
}

TEST_CASE("status: what was made from another file is outdated", "[flow]") {
  StatusFolder folder;
  const std::string model = folder.file("model.wdm", 1);
  folder.record("train.json", json::object());
  folder.record("compress.json", {{"model_sha256", model}});
  CHECK(folder.next() == "whitedwarf compile --out " + folder.name());
  folder.file("model.wdm", 2);
  CHECK(folder.states() == "train done, compress outdated, compile missing, run missing");
  CHECK(folder.look().stages[1].note == "compress.json is of another model.wdm");
  CHECK(folder.next() == "whitedwarf compress --out " + folder.name());
}

TEST_CASE("status: a study's folder has its results, a damaged record is named", "[flow]") {
  StatusFolder folder;
  folder.record("explore.json", json::object());
  CHECK(folder.states() == "explore done");
  CHECK(folder.next().empty());
  folder.record("compress.json", json::array());
  folder.file("model.wdm", 1);
  CHECK_THROWS_WITH(folder.look(), Contains("compress.json: is a list, must be an object"));
  StatusOptions options;
  options.out = folder.name() + "/none";
  const std::atomic<bool> stop{false};
  Context context(stop);
  CHECK_THROWS_WITH(status(options, context), Contains("none: no such folder"));
}
