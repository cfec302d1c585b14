// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/liberty_text.hpp"

#include <cctype>
#include <utility>

#include "base/error.hpp"

namespace wd::silicon {
namespace {

constexpr int deepest = 20;

class Parser {
 public:
  Parser(std::string_view text, const std::string& origin) : text_(text), origin_(origin) {}

  LibertyGroup file() {
    skip(true);
    require(at_ < text_.size(), "is empty; a liberty file is needed");
    LibertyGroup root;
    while (at_ < text_.size()) {
      statement(root, 0);
      skip(true);
    }
    require(root.groups.size() == 1 && root.groups[0].kind == "library", "has no library group");
    return std::move(root.groups[0]);
  }

 private:
  template <typename... Parts>
  void require(bool holds, const Parts&... parts) const {
    if (!holds) fail(origin_, ":", line_, ": ", parts...);
  }
  bool ahead(std::string_view what) const { return text_.substr(at_, what.size()) == what; }

  /// Over blanks, comments, continued lines. @param lines line ends, too
  void skip(bool lines) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (ahead("/*")) {
        const std::size_t end = text_.find("*/", at_);
        require(end != std::string_view::npos, "a comment does not end");
        for (; at_ < end + 2; ++at_) line_ += text_[at_] == '\n';
      } else if (ahead("//")) {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (ahead("\\\n") || ahead("\\\r\n")) {
        at_ = text_.find('\n', at_) + 1;
        ++line_;
      } else if (c == '\n' ? lines : std::isspace(static_cast<unsigned char>(c)) != 0) {
        line_ += c == '\n';
        ++at_;
      } else {
        return;
      }
    }
  }

  std::string quoted() {
    std::string out;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      line_ += text_[at_] == '\n';
      if (text_[at_] != '\\' && text_[at_] != '\n' && text_[at_] != '\r') out += text_[at_];
    }
    require(at_ < text_.size(), "a text does not end");
    ++at_;
    return out;
  }

  /// A text, or what stands up to one of `ends`, blanks or a line's end.
  std::string word(std::string_view ends) {
    if (at_ < text_.size() && text_[at_] == '"') return quoted();
    const std::size_t begin = at_;
    while (at_ < text_.size() && ends.find(text_[at_]) == std::string_view::npos &&
           !std::isspace(static_cast<unsigned char>(text_[at_])))
      ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::vector<std::string> arguments() {
    std::vector<std::string> list;
    ++at_;
    for (;;) {
      skip(true);
      require(at_ < text_.size(), "an opening parenthesis has no closing one");
      if (text_[at_] == ')') {
        ++at_;
        return list;
      }
      if (text_[at_] == ',')
        ++at_;
      else
        list.push_back(word(",()"));
    }
  }

  /// What follows a colon: several words are one value ("VDD + 0.5").
  std::string value() {
    std::string out;
    for (skip(true);; skip(false)) {
      if (at_ == text_.size() || text_[at_] == '\n' || text_[at_] == ';' || text_[at_] == '}') return out;
      const std::size_t before = at_;
      if (!out.empty()) out += ' ';
      out += word(";}\n");
      require(at_ != before, "a value is expected");
    }
  }

  void statement(LibertyGroup& parent, int depth) {
    require(depth < deepest, "groups lie more than ", deepest, " deep");
    const int line = line_;
    const std::string name = word(":(){};,");
    for (const char c : name)
      require(std::isprint(static_cast<unsigned char>(c)) != 0, "byte ",
              static_cast<int>(static_cast<unsigned char>(c)), " is no text of a liberty file");
    require(!name.empty(), "'", text_.substr(at_, 1), "' is no name of a group or attribute");
    skip(true);
    require(at_ < text_.size() && (text_[at_] == ':' || text_[at_] == '('), "'", name,
            "' is followed by neither ':' nor '('");
    if (text_[at_] == ':') {
      ++at_;
      parent.attributes.push_back({name, {value()}, line});
    } else {
      std::vector<std::string> list = arguments();
      skip(true);
      if (at_ < text_.size() && text_[at_] == '{') {
        ++at_;
        LibertyGroup group{name, std::move(list), line, {}, {}};
        body(group, depth + 1);
        parent.groups.push_back(std::move(group));
      } else {
        parent.attributes.push_back({name, std::move(list), line});
      }
    }
    skip(true);
    while (at_ < text_.size() && text_[at_] == ';') {
      ++at_;
      skip(true);
    }
  }

  void body(LibertyGroup& group, int depth) {
    for (;;) {
      skip(true);
      require(at_ < text_.size(), "the group '", group.kind, "' of line ", group.line, " does not end");
      if (text_[at_] == '}') {
        ++at_;
        return;
      }
      statement(group, depth);
    }
  }

  const std::string_view text_;
  const std::string& origin_;
  std::size_t at_ = 0;
  int line_ = 1;
};

}  // namespace

const LibertyAttribute* LibertyGroup::find(std::string_view name) const {
  for (auto it = attributes.rbegin(); it != attributes.rend(); ++it)
    if (it->name == name) return &*it;
  return nullptr;
}

std::string LibertyGroup::text(std::string_view name, std::string_view otherwise) const {
  const LibertyAttribute* found = find(name);
  return found != nullptr && !found->values.empty() ? found->values.front() : std::string(otherwise);
}

LibertyGroup parse_liberty(std::string_view text, const std::string& origin) {
  return Parser(text, origin).file();
}

}  // namespace wd::silicon
