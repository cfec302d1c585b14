// SPDX-License-Identifier: Apache-2.0
// The study of sparse masks trains each of its variants a little, the teacher before who learns from it.
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>

#include "algo/data/counter_random.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "flow/study.hpp"

using namespace wd;
using namespace wd::flow;
using nlohmann::json;

namespace {

const std::filesystem::path studies = std::filesystem::path(WD_SOURCE_FOLDER) / "algo" / "studies";

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "wd_studies_XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

json parsed(const std::filesystem::path& file) { return json::parse(std::ifstream(file)); }

/// As numpy.lib.format says, of bytes.
void put_npy(const std::filesystem::path& file, const std::string& shape, const Bytes& data) {
  std::string text = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + shape + "), }";
  text.resize((10 + text.size() + 64) / 64 * 64 - 10, ' ');
  text.back() = '\n';
  std::ofstream out(file, std::ios::binary);
  out << "\x93NUMPY" << '\x01' << '\x00' << static_cast<char>(text.size() % 256)
      << static_cast<char>(text.size() / 256) << text;
  out.write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
}

/// Random images of CIFAR-10's shape.
void put_images(const std::filesystem::path& folder, const std::string& split, std::size_t count) {
  constexpr std::size_t image_bytes = 32 * 32 * 3;
  Bytes pixels(count * image_bytes), labels(count);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] =
        static_cast<std::uint8_t>(algo::random_bits(split.size(), algo::RandomStream::augmentation, i));
  for (std::size_t i = 0; i < count; ++i) labels[i] = static_cast<std::uint8_t>(i % 10);
  put_npy(folder / (split + "_images.npy"), text(count, ", 32, 32, 3"), pixels);
  put_npy(folder / (split + "_labels.npy"), text(count, ","), labels);
}

/// Two of the epochs, on images in arrays.
void shorten(json& config) {
  if (config.contains("dataset")) config["dataset"] = "numpy";
  if (config.contains("schedule")) config["schedule"]["warmup_epochs"] = 0;
  if (config.contains("epochs")) config["epochs"] = config["epochs"] > 12 ? 3 : config["epochs"] < 12 ? 1 : 2;
  if (config.contains("averaging")) config["averaging"]["epochs"] = 1;
  if (config.contains("supermask") && config["supermask"].contains("sparsity_warmup"))
    config["supermask"]["sparsity_warmup"]["epochs"] = 1;
}

}  // namespace

TEST_CASE("study: each variant of the sparse masks trains; a teacher is found, and decides", "[flow]") {
  const Folder folder;
  put_images(folder.path, "train", 24);
  put_images(folder.path, "test", 16);
  json study_file = parsed(studies / "sparse_masks_cifar10.json");
  json baseline = parsed(studies / study_file["baseline"].get<std::string>());
  baseline["batch"] = 8;
  shorten(baseline);
  for (json& variant : study_file["variants"]) shorten(variant);
  study_file["seeds"] = {1};
  std::ofstream(folder.path / study_file["baseline"].get<std::string>()) << baseline;
  const auto run = [&] {
    std::ofstream(folder.path / "study.json") << study_file;
    const std::atomic<bool> stop{false};
    Context context(stop);
    StudyOptions options;
    options.common.out = folder.path / "out";
    options.common.threads = 2;
    options.data.data = folder.path;
    options.config = folder.path / "study.json";
    return study(options, context);
  };
  const StudyReport report = run();
  CHECK(report.variants.size() == study_file["variants"].size());
  const auto network = [&](const char* variant) {
    return std::filesystem::read_symlink(folder.path / "out" / variant / "seed_1");
  };
  for (const StudyReport::Variant& variant : report.variants) {
    INFO(variant.name);
    REQUIRE(variant.runs.size() == 1);
    CHECK(variant.runs[0].config.at("dataset") == "numpy");
    if (variant.name != "dense")  // of 16-bit weights none is zero
      CHECK(variant.runs[0].hardware.value_sparsity == Approx(0.95).margin(0.002));
  }
  // Under another name the same network, which teaches as before; another one teaches anew.
  const std::filesystem::path dense = network("dense"), distilled = network("distilled");
  json& variants = study_file["variants"];
  variants = {{"plain", variants["dense"]}, {"distilled", variants["distilled"]}};
  study_file["claims"] = json::array();
  variants["distilled"]["distillation"]["teacher"] = "plain";
  run();
  CHECK(network("plain") == dense);
  CHECK(network("distilled") == distilled);
  variants["plain"]["label_smoothing"] = 0.2;
  run();
  CHECK(network("plain") != dense);
  CHECK(network("distilled") != distilled);
}
