// SPDX-License-Identifier: Apache-2.0
#include "flow/chain.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/error.hpp"

using Catch::Contains;
using nlohmann::json;
using namespace wd::flow;

namespace {

/// A folder with all three files and the records that describe them.
class Folder {
 public:
  Folder() {
    std::filesystem::create_directories(path);
    const std::string model = write(Product::model, 1), compressed = write(Product::compressed, 2),
                      program = write(Product::program, 3);
    record("train.json", {{"model_sha256", model}});
    record("compress.json", {{"model_sha256", model}, {"compressed_sha256", compressed}});
    record("compile.json", {{"compressed_sha256", compressed}, {"program_sha256", program}});
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string write(Product product, std::uint8_t byte) const {
    return write_product(product, path, {byte, 7});
  }
  void record(const char* name, const json& value) const { wd::write_file(path / name, value.dump()); }
  void check(Product product) const { require_chain(product, path, read_product(product, path).sha256); }

  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / wd::text("wd_chain_test_", ::getpid());
};

}  // namespace

TEST_CASE("chain: files that belong together are accepted", "[flow]") {
  const Folder folder;
  for (const Product product : {Product::model, Product::compressed, Product::program})
    CHECK_NOTHROW(folder.check(product));
}

TEST_CASE("chain: a missing input is named with the command that makes it", "[flow][bad-input]") {
  const Folder folder;
  for (const char* file : {"model.wdm", "model.wdz", "program.wdp"})
    std::filesystem::remove(folder.path / file);
  CHECK_THROWS_WITH(read_product(Product::model, folder.path),
                    Contains("model.wdm: no such file; run `whitedwarf train`, or `whitedwarf import`"));
  CHECK_THROWS_WITH(read_product(Product::compressed, folder.path),
                    Contains("run `whitedwarf compress`, which"));
  CHECK_THROWS_WITH(read_product(Product::program, folder.path), Contains("run `whitedwarf compile`, which"));
}

TEST_CASE("chain: a file that its record does not describe is refused", "[flow][bad-input]") {
  const Folder folder;
  folder.write(Product::program, 9);
  CHECK_THROWS_WITH(
      folder.check(Product::program),
      Contains("program.wdp: is not the file that compile.json describes; run `whitedwarf compile` again, "
               "or remove compile.json"));
}

TEST_CASE("chain: a changed file is found from every stage behind it", "[flow][bad-input]") {
  const Folder folder;
  folder.record("train.json", {{"model_sha256", folder.write(Product::model, 9)}});
  CHECK_NOTHROW(folder.check(Product::model));
  for (const Product product : {Product::compressed, Product::program})
    CHECK_THROWS_WITH(folder.check(product),
                      Contains("model.wdz: was made from another model.wdm; run `whitedwarf compress`"));
}

TEST_CASE("chain: files without records, and records without digests, say nothing", "[flow]") {
  const Folder folder;
  SECTION("no records") {
    for (const char* file : {"train.json", "compress.json", "compile.json"})
      std::filesystem::remove(folder.path / file);
  }
  SECTION("records of an earlier version") {
    for (const char* file : {"train.json", "compress.json", "compile.json"})
      folder.record(file, {{"seconds", 1}});
  }
  folder.write(Product::model, 9);
  for (const Product product : {Product::model, Product::compressed, Product::program})
    CHECK_NOTHROW(folder.check(product));
}

TEST_CASE("chain: an imported model beside an earlier training is accepted", "[flow]") {
  const Folder folder;
  const std::string imported = folder.write(Product::model, 9);
  CHECK_THROWS_WITH(folder.check(Product::model), Contains("train.json"));
  folder.record("import.json", {{"model_sha256", imported}});
  CHECK_NOTHROW(folder.check(Product::model));
}
