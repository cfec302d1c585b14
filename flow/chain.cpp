// SPDX-License-Identifier: Apache-2.0
#include "flow/chain.hpp"

#include <array>
#include <optional>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"

namespace wd::flow {
namespace {

using nlohmann::json;

struct Link {
  const char *file, *command;
  std::array<const char*, 2> records;  // result files that describe it; null: no second one
  const char* key;  // of its SHA-256, in its own record and in those of what is made from it
  const char* remedy;
};

constexpr Link links[] = {
    {"model.wdm",
     "train",
     {"train.json", "import.json"},
     "model_sha256",
     "run `whitedwarf train`, or `whitedwarf import`, or `whitedwarf sizes --model`"},
    {"model.wdz", "compress", {"compress.json", nullptr}, "compressed_sha256", "run `whitedwarf compress`"},
    {"program.wdp", "compile", {"compile.json", nullptr}, "program_sha256", "run `whitedwarf compile`"}};

const Link& link_of(Product product) { return links[static_cast<std::size_t>(product)]; }

/// What a result file says under a key; nothing if there is no such file or text.
std::optional<std::string> said(const std::filesystem::path& record, const char* key) {
  std::error_code code;
  if (!std::filesystem::exists(record, code)) return std::nullopt;
  const json value = parse_json(read_file(record), record.string() + ":");
  const auto found = value.find(key);
  if (!value.is_object() || found == value.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

/// The record that describes the file, if any does. Errors: there are records, and all describe another file.
const char* describing_record(const Link& link, const std::filesystem::path& folder,
                              const std::string& digest) {
  const char* other = nullptr;
  for (const char* record : link.records) {
    if (!record) continue;
    const std::optional<std::string> known = said(folder / record, link.key);
    if (known == digest) return record;
    if (known) other = record;
  }
  WD_REQUIRE(!other, (folder / link.file).string(), ": is not the file that ", other ? other : "",
             " describes; run `whitedwarf ", link.command, "` again, or remove ", other ? other : "",
             " if the file comes from elsewhere");
  return nullptr;
}

}  // namespace

std::filesystem::path file_of(Product product, const std::filesystem::path& folder) {
  return folder / link_of(product).file;
}

HashedFile read_product(Product product, const std::filesystem::path& folder) {
  const std::filesystem::path path = file_of(product, folder);
  std::error_code code;
  WD_REQUIRE(std::filesystem::exists(path, code), path.string(), ": no such file; ", link_of(product).remedy,
             ", which writes it");
  HashedFile file{read_file(path), {}};
  file.sha256 = sha256(file.bytes);
  return file;
}

std::string write_product(Product product, const std::filesystem::path& folder, const Bytes& bytes) {
  write_file(file_of(product, folder), bytes);
  return sha256(bytes);
}

std::optional<std::string> source_of(Product product, const std::filesystem::path& folder,
                                     const std::string& digest) {
  const char* record = describing_record(link_of(product), folder, digest);
  if (!record) return std::nullopt;
  return said(folder / record, link_of(static_cast<Product>(static_cast<int>(product) - 1)).key);
}

void require_chain(Product product, const std::filesystem::path& folder, const std::string& digest) {
  const Link& link = link_of(product);
  const char* record = describing_record(link, folder, digest);
  if (!record || product == Product::model) return;
  const auto source = static_cast<Product>(static_cast<int>(product) - 1);
  const std::optional<std::string> made_from = said(folder / record, link_of(source).key);
  std::error_code code;
  if (!made_from || !std::filesystem::exists(file_of(source, folder), code)) return;
  const std::string found = read_product(source, folder).sha256;
  WD_REQUIRE(found == *made_from, (folder / link.file).string(), ": was made from another ",
             link_of(source).file, "; run `whitedwarf ", link.command, "`");
  require_chain(source, folder, found);
}

}  // namespace wd::flow
