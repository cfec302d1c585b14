// SPDX-License-Identifier: Apache-2.0
#include "algo/data/npy.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "base/error.hpp"
#include "base/sized_file.hpp"

namespace wd::algo {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t longest_header = 65535, most_dimensions = 4;
constexpr std::array<std::uint8_t, 6> magic{0x93, 'N', 'U', 'M', 'P', 'Y'};
constexpr const char* again = "; write the file with numpy.save";

/// Bytes of an element; nothing for other types.
std::optional<std::uint64_t> element_bytes(const std::string& type) {
  if (type == "<f4") return 4;
  if (type == "|u1" || type == "|i1") return 1;
  for (const char sign : {'i', 'u'})
    for (const std::uint64_t bytes : {2, 4, 8})
      if (type == text("<", sign, bytes)) return bytes;
  return std::nullopt;
}

/// The header's dictionary: a Python literal of three keys.
class Header {
 public:
  Header(std::string text, std::string origin) : text_(std::move(text)), origin_(std::move(origin)) {
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr")
        type = one(type, key, quoted());
      else if (key == "fortran_order")
        fortran_order = one(fortran_order, key, flag());
      else if (key == "shape")
        shape = one(shape, key, tuple());
      else
        refuse(wd::text("has the key '", key.substr(0, 40), "'"));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    blanks();
    if (at_ != text_.size()) refuse("goes on behind its dictionary");
    for (const auto& [there, key] :
         {std::pair{type.has_value(), "descr"}, std::pair{fortran_order.has_value(), "fortran_order"},
          std::pair{shape.has_value(), "shape"}})
      if (!there) refuse(wd::text("lacks the key '", key, "'"));
  }

  std::optional<std::string> type;
  std::optional<bool> fortran_order;
  std::optional<std::vector<std::uint64_t>> shape;

 private:
  [[noreturn]] void refuse(const std::string& why) const { fail(origin_, ": its header ", why, again); }

  template <typename T>
  T one(const std::optional<T>& before, const std::string& key, T value) const {
    if (before) refuse(wd::text("has the key '", key, "' twice"));
    return value;
  }

  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    blanks();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!take(c)) refuse(wd::text("has no '", c, "' at byte ", at_));
  }
  std::string quoted() {
    blanks();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote != '\'' && quote != '"') refuse(wd::text("has no text in quotes at byte ", at_));
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string::npos) refuse("has a quote that does not end");
    const std::string value = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return value;
  }
  bool flag() {
    blanks();
    for (const auto& [word, value] : {std::pair{"True", true}, std::pair{"False", false}})
      if (text_.compare(at_, std::strlen(word), word) == 0) {
        at_ += std::strlen(word);
        return value;
      }
    refuse("has a 'fortran_order' that is neither True nor False");
  }
  std::vector<std::uint64_t> tuple() {
    std::vector<std::uint64_t> numbers;
    expect('(');
    while (!take(')')) {
      blanks();
      std::uint64_t number = 0;
      std::size_t digits = 0;
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && digits < 13; ++at_, ++digits)
        number = 10 * number + static_cast<std::uint64_t>(text_[at_] - '0');
      if (digits == 0 || digits == 13) refuse("has a 'shape' with something else than numbers");
      numbers.push_back(number);
      if (numbers.size() > most_dimensions)
        refuse(wd::text("has a 'shape' of more than ", most_dimensions, " dimensions"));
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return numbers;
  }

  std::string text_, origin_;
  std::size_t at_ = 0;
};

std::string read_header(SizedFile& file) {
  std::array<std::uint8_t, 8> head{};
  WD_REQUIRE(file.left() >= head.size() + 2, file.origin(), ": has ", file.size(),
             " bytes, is no NumPy array", again);
  file.read(head);
  WD_REQUIRE(std::equal(magic.begin(), magic.end(), head.begin()), file.origin(),
             ": does not begin as a NumPy array does", again);
  WD_REQUIRE((head[6] == 1 || head[6] == 2) && head[7] == 0, file.origin(), ": is of format version ",
             int{head[6]}, ".", int{head[7]},
             ", must be 1.0 or 2.0; save it with numpy.lib.format.write_array(file, array, (2, 0))");
  std::array<std::uint8_t, 4> length{};
  const std::size_t width = head[6] == 1 ? 2 : 4;
  WD_REQUIRE(file.left() >= width, file.origin(), ": ends within its header", again);
  file.read(std::span(length).first(width));
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, length.data(), sizeof bytes);
  WD_REQUIRE(bytes <= longest_header && bytes <= file.left(), file.origin(), ": says that its header has ",
             bytes, " bytes, must be at most ", longest_header, " and within the file", again);
  std::string header(bytes, ' ');
  file.read({reinterpret_cast<std::uint8_t*>(header.data()), header.size()});
  return header;
}

}  // namespace

std::uint64_t NpyArray::count() const {
  std::uint64_t product = 1;
  for (const std::uint64_t size : shape) product *= size;
  return product;
}

NpyArray read_npy(const std::filesystem::path& path) {
  SizedFile file(path, npy_limit_bytes);
  const Header header(read_header(file), file.origin());
  const std::optional<std::uint64_t> bytes = element_bytes(*header.type);
  WD_REQUIRE(
      bytes, file.origin(), ": 'descr' is '", header.type->substr(0, 40),
      "', must be |u1 (astype(numpy.uint8)), <f4 (astype(numpy.float32)) or, of labels, whole numbers");
  WD_REQUIRE(!*header.fortran_order, file.origin(),
             ": 'fortran_order' is True, must be False; save numpy.ascontiguousarray(array)");
  std::uint64_t total = *bytes;
  for (const std::uint64_t size : *header.shape) {
    WD_REQUIRE(size == 0 || total <= npy_limit_bytes / size, file.origin(), ": 'shape' takes more than ",
               npy_limit_bytes, " bytes; save fewer images, or smaller ones");
    total *= size;
  }
  WD_REQUIRE(file.left() == total, file.origin(), ": has ", file.left(),
             " bytes behind its header, its 'shape' takes ", total, "; it is cut off or has a tail", again);
  NpyArray array{*header.type, *header.shape, {}};
  array.bytes.resize(total);
  file.read(array.bytes);
  return array;
}

std::uint64_t whole_element(const NpyArray& array, std::uint64_t i, std::uint64_t most,
                            const std::string& origin) {
  const std::uint64_t width = *element_bytes(array.type);
  WD_REQUIRE(array.type != "<f4", origin,
             ": 'descr' is '<f4', must be whole numbers; save labels.astype(numpy.int64)");
  std::uint64_t value = 0;
  std::memcpy(&value, array.bytes.data() + i * width, width);
  const bool negative = array.type[1] == 'i' && (value >> (8 * width - 1) & 1) != 0;
  if (negative) {
    const std::uint64_t magnitude = width == 8 ? 0 - value : (std::uint64_t{1} << 8 * width) - value;
    fail(origin, ": element ", i, " is -", magnitude, ", must be 0 to ", most, "; number the classes from 0");
  }
  WD_REQUIRE(value <= most, origin, ": element ", i, " is ", value, ", must be 0 to ", most,
             "; number the classes from 0");
  return value;
}

float real_element(const NpyArray& array, std::uint64_t i) {
  WD_ASSERT(array.type == "<f4");
  float value = 0;
  std::memcpy(&value, array.bytes.data() + i * sizeof value, sizeof value);
  return value;
}

}  // namespace wd::algo
