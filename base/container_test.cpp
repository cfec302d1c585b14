// SPDX-License-Identifier: Apache-2.0
#include "base/container.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/json.hpp"

using namespace wd;

namespace {
constexpr FileKind kind{{'W', 'D', 'T', '1'}, 3, "test"};

Bytes sample() {
  Container container(kind);
  container.set_json("meta", {{"answer", 42}});
  container.set_array<std::uint16_t>("words", {1, 2, 3});
  return container.serialize();
}
}  // namespace

TEST_CASE("container: what is written is read back", "[base][round-trip]") {
  const Container back = Container::parse(sample(), kind, "sample");
  CHECK(back.get_json("meta")["answer"] == 42);
  CHECK(back.get_array<std::uint16_t>("words") == std::vector<std::uint16_t>{1, 2, 3});
  CHECK_THROWS_WITH(back.get("gone"), Catch::Contains("section 'gone' is missing"));
}

TEST_CASE("container: every changed byte and every truncation is refused", "[base][bad-input]") {
  const Bytes good = sample();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x40;
    // The only bytes that no checksum covers are the 4 reserved ones of each entry, which the table's
    // checksum does cover; so nothing may pass.
    INFO("byte " << i);
    CHECK_THROWS_AS(Container::parse(bad, kind, "bad"), Error);
    CHECK_THROWS_AS(Container::parse(Bytes(good.begin(), good.begin() + static_cast<long>(i)), kind, "cut"),
                    Error);
  }
  Bytes longer = good;
  longer.push_back(0);
  CHECK_THROWS_AS(Container::parse(longer, kind, "longer"), Error);
}

TEST_CASE("container: another version is refused by number", "[base][bad-input][message]") {
  CHECK_THROWS_WITH(Container::parse(sample(), FileKind{kind.magic, 4, "test"}, "old.wdt"),
                    Catch::Contains("old.wdt") && Catch::Contains("version 3"));
}

TEST_CASE("container: a section's name must be printable", "[base][bad-input][message]") {
  for (const std::string& name :
       {std::string("a\nb"), std::string("a\0b", 3), std::string("\0", 1), std::string("\xc3\xa9")}) {
    Container container(kind);
    container.set(name, {});
    CHECK_THROWS_WITH(
        Container::parse(container.serialize(), kind, "n.wdt"),
        Catch::Contains("n.wdt: ") && Catch::Contains("the name of section 0 is not printable ASCII"));
  }
}

TEST_CASE("container: JSON that is nested too deeply is refused, not a stack overflow",
          "[base][bad-input][message]") {
  const auto nested = [](std::size_t levels) {
    Container container(kind);
    Bytes bytes(levels, '[');
    bytes.insert(bytes.end(), levels, ']');
    container.set("meta", bytes);
    return Container::parse(container.serialize(), kind, "d.wdt");
  };
  CHECK(nested(100).get_json("meta").is_array());
  for (const std::size_t levels : {std::size_t{101}, std::size_t{1000000}})
    CHECK_THROWS_WITH(nested(levels).get_json("meta"),
                      Catch::Contains("d.wdt: section 'meta' is nested deeper than 100 levels at byte 100"));
  const std::string brackets = "[\"\\\"" + std::string(200, '[') + "\"]";
  CHECK(parse_json(std::span(reinterpret_cast<const std::uint8_t*>(brackets.data()), brackets.size()), "t")
            .size() == 1);
}

TEST_CASE("json: a key that is given twice is refused", "[base][bad-input][message]") {
  const auto parse = [](const std::string& text) {
    return parse_json(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), "c.json:");
  };
  CHECK(parse(R"({"a": {"b": 1}, "b": [{"b": 2}, {"b": 3}], "c": {}})").size() == 3);
  CHECK_THROWS_WITH(parse(R"({"rate": 1, "on": true, "rate": 2})"),
                    Catch::Contains("c.json: gives the key \"rate\" twice in one object; remove one"));
  CHECK_THROWS_WITH(parse(R"([{"x": {"y": {}, "y": {}}}])"), Catch::Contains("the key \"y\" twice"));
}

TEST_CASE("json: values in messages are short", "[base][message]") {
  CHECK(shown(nlohmann::json::array({1, 2})) == "a list");
  CHECK(shown(nlohmann::json::object()) == "an object");
  CHECK(shown("x\n") == "\"x\\n\"");
  CHECK(shown(std::string(1000, 'x')).size() == 103);
  const nlohmann::json value = {{"rows", {{"a", 1}}}};
  CHECK_THROWS_WITH(JsonReader(value, "c.json").list("rows"),
                    Catch::Contains("c.json: 'rows' is an object, must be a list"));
}

TEST_CASE("files: an unwritable place is refused and leaves nothing", "[base][bad-input][message]") {
  CHECK_THROWS_WITH(write_file("/proc/none/x.bin", std::string_view("x")),
                    Catch::Contains("cannot be written"));
  CHECK_THROWS_WITH(read_file("/no/such/file"), Catch::Contains("/no/such/file"));
}

TEST_CASE("json: unknown, missing and mistyped keys are refused by name", "[base][bad-input][message]") {
  const nlohmann::json value = {{"epochs", 3}, {"rate", "fast"}, {"count", -1}};
  JsonReader reader(value, "c.json");
  CHECK(reader.get<int>("epochs") == 3);
  CHECK_THROWS_WITH(reader.get<double>("rate"), Catch::Contains("c.json: 'rate' is \"fast\""));
  CHECK_THROWS_WITH(reader.get<unsigned>("count"), Catch::Contains("'count' is -1"));
  for (const char* bad : {"2.7", "4294967299", "true", "\"3\""}) {
    const nlohmann::json wrong = {{"epochs", nlohmann::json::parse(bad)}};
    CHECK_THROWS_WITH(JsonReader(wrong, "c.json").get<int>("epochs"),
                      Catch::Contains("must be a whole number"));
  }
  CHECK_THROWS_WITH(reader.get<int>("gone"), Catch::Contains("key 'gone' is missing"));
  for (const char* bad : {"[1, 2.7]", "[true]", "[4294967299]"}) {
    const nlohmann::json wrong = {{"stages", nlohmann::json::parse(bad)}};
    CHECK_THROWS_WITH(JsonReader(wrong, "c.json").get<std::vector<int>>("stages"),
                      Catch::Contains("must be a whole number"));
  }
  const nlohmann::json lists = {{"stages", {3, 4}}, {"rates", {0.5, 1}}};
  CHECK(JsonReader(lists, "c.json").get<std::vector<int>>("stages") == std::vector{3, 4});
  CHECK(JsonReader(lists, "c.json").get<std::vector<double>>("rates") == std::vector{0.5, 1.0});
  JsonReader other(value, "c.json");
  other.get<int>("epochs");
  CHECK_THROWS_WITH(other.refuse_unknown(), Catch::Contains("unknown key 'count'"));
  CHECK_THROWS_WITH(reader.get_between("epochs", 5, 9), Catch::Contains("must be 5 to 9"));
}
