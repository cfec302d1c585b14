// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/vcd.hpp"

#include <cctype>
#include <charconv>
#include <map>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace wd::silicon {
namespace {

class VcdReader {
 public:
  VcdReader(std::FILE* file, const std::string& origin, const VcdSink& sink)
      : file_(file), origin_(origin), sink_(sink) {}

  void read() {
    header();
    values();
  }

 private:
  template <typename... Parts>
  void require(bool holds, const Parts&... parts) const {
    if (!holds) fail(origin_, ":", line_, ": ", parts...);
  }

  int get() {
    if (at_ == end_) {
      end_ = std::fread(buffer_, 1, sizeof buffer_, file_);
      at_ = 0;
      if (end_ == 0) return -1;
    }
    const auto c = static_cast<unsigned char>(buffer_[at_++]);
    line_ += c == '\n';
    return c;
  }
  /// The next word, in word_; false at the end.
  bool word() {
    int c = get();
    while (c >= 0 && c <= ' ') c = get();
    word_.clear();
    for (; c > ' '; c = get()) word_ += static_cast<char>(c);
    return !word_.empty();
  }
  void skip_to_end(const char* what) {
    while (word() && word_ != "$end") {
    }
    require(word_ == "$end", what, " does not end");
  }

  void header() {
    while (word()) {
      if (word_ == "$enddefinitions") return skip_to_end("$enddefinitions");
      if (word_ == "$scope")
        scope();
      else if (word_ == "$upscope")
        up();
      else if (word_ == "$var")
        variable();
      else if (word_ == "$timescale")
        timescale();
      else if (word_.starts_with('$'))
        skip_to_end("a section of the header");
      else
        require(false, "'", word_, "' in the header: this is no VCD");
    }
    require(false, "ends before $enddefinitions; did the simulator run?");
  }
  void scope() {
    require(word() && word(), "$scope ends");
    scopes_.push_back(scopes_.empty() ? word_ : scopes_.back() + "." + word_);
    skip_to_end("$scope");
  }
  void up() {
    require(!scopes_.empty(), "$upscope without a scope");
    scopes_.pop_back();
    skip_to_end("$upscope");
  }
  void variable() {
    require(word() && word(), "$var ends");
    const bool one = word_ == "1";
    require(word(), "$var ends");
    const std::string code = word_;
    require(word(), "$var ends");
    const std::string name = word_;
    const bool first_word_ends = name == "$end";
    if (!first_word_ends) skip_to_end("$var");
    if (!one) return;
    const int number = sink_.variable(scopes_.empty() ? "" : scopes_.back(), name);
    if (number < 0) return;
    const std::size_t slot = slot_of(code);
    if (numbers_.size() <= slot) numbers_.resize(slot + 1);
    numbers_[slot].push_back(number);
  }
  void timescale() {
    std::string text;
    while (word() && word_ != "$end") text += word_;
    static const std::map<std::string, double> units = {{"s", 1e9},  {"ms", 1e6},  {"us", 1e3},
                                                        {"ns", 1.0}, {"ps", 1e-3}, {"fs", 1e-6}};
    std::size_t digits = 0;
    while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits]))) ++digits;
    const auto unit = units.find(text.substr(digits));
    require(unit != units.end() && digits > 0 && digits < 5, "timescale is '", text, "'");
    unit_ns_ = unit->second * std::stoi(text.substr(0, digits));
  }

  /// Codes are numbers to base 94, as every simulator makes them one after the other.
  std::size_t slot_of(std::string_view code) const {
    std::size_t slot = 0;
    for (auto c = code.rbegin(); c != code.rend(); ++c) {
      require(*c >= '!' && *c <= '~', "'", code, "' is no code of a variable");
      slot = slot * 94 + static_cast<std::size_t>(*c - '!') + 1;
      require(slot < (std::size_t{1} << 26), "'", code, "' is too long a code of a variable");
    }
    return slot;
  }

  void values() {
    while (word()) {
      const char c = word_[0];
      if (c == '#') {
        tell();
        std::uint64_t time = 0;
        const char* end = word_.data() + word_.size();
        const auto [rest, error] = std::from_chars(word_.data() + 1, end, time);
        require(error == std::errc{} && rest == end, "'", word_, "' is no time");
        require(time >= time_, "time goes back to ", time);
        time_ = time;
      } else if (c == '0' || c == '1' || c == 'x' || c == 'X' || c == 'z' || c == 'Z') {
        change(std::string_view(word_).substr(1), c == '0' ? 0 : c == '1' ? 1 : 2);
      } else if (c == 'b' || c == 'B' || c == 'r' || c == 'R') {
        require(word(), "ends within a value");
      } else {
        require(c == '$', "'", word_, "' is no change of a value");
      }
    }
    tell();
  }
  void change(std::string_view code, std::uint8_t value) {
    const std::size_t slot = slot_of(code);
    if (slot >= numbers_.size()) return;
    for (const int number : numbers_[slot]) changes_.push_back({number, value});
  }
  void tell() {
    if (!changes_.empty()) sink_.changes(static_cast<double>(time_) * unit_ns_, changes_);
    changes_.clear();
  }

  std::FILE* file_;
  const std::string& origin_;
  const VcdSink& sink_;
  char buffer_[1 << 16];
  std::size_t at_ = 0, end_ = 0;
  std::uint64_t line_ = 1;
  std::string word_;
  std::vector<std::string> scopes_;
  std::vector<std::vector<int>> numbers_;  // by code
  double unit_ns_ = 1;
  std::uint64_t time_ = 0;
  std::vector<Change> changes_;
};

}  // namespace

void read_vcd(std::FILE* file, const std::string& origin, const VcdSink& sink) {
  VcdReader(file, origin, sink).read();
}

}  // namespace wd::silicon
