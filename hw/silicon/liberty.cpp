// SPDX-License-Identifier: Apache-2.0
#include "hw/silicon/liberty.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <functional>

#include "base/error.hpp"
#include "base/files.hpp"
#include "hw/silicon/liberty_text.hpp"

namespace wd::silicon {
namespace {

constexpr std::uint64_t largest_bytes = std::uint64_t{256} << 20;

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> list(1);
  for (const char c : text)
    if (c == ',' || std::isspace(static_cast<unsigned char>(c)))
      list.emplace_back();
    else
      list.back() += c;
  std::erase(list, "");
  return list;
}

class LibraryReader {
 public:
  LibraryReader(const LibertyGroup& root, const std::string& origin) : root_(root), origin_(origin) {}

  Library read() {
    Library library;
    library.origin = origin_;
    library.name = root_.argument();
    library.line = root_.line;
    read_units();
    read_corner(library);
    for (const LibertyGroup& group : root_.groups) {
      if (group.kind == "lu_table_template" || group.kind == "power_lut_template")
        templates_[group.argument()] = &group;
      if (group.kind == "lu_table_template") delay_templates_[group.argument()] = &group;
    }
    for (const LibertyGroup& group : root_.groups) {
      if (group.kind != "cell") continue;
      const auto [place, is_new] = library.cells.try_emplace(group.argument());
      require(is_new, group.line, "cell ", group.argument(), " is there twice, first in line ",
              place->second.line);
      place->second = cell(group);
    }
    require(!library.cells.empty(), root_.line, "the library has no cells");
    return library;
  }

 private:
  template <typename... Parts>
  void require(bool holds, int line, const Parts&... parts) const {
    if (!holds) fail(origin_, ":", line, ": ", parts...);
  }

  double number(const std::string& text, int line, const std::string& what) const {
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data() + (text.starts_with('+') ? 1 : 0), end, value);
    require(error == std::errc{} && rest == end && std::isfinite(value), line, what, " is '", text,
            "', must be a number");
    return value;
  }
  double number(const LibertyGroup& group, const char* name, double otherwise) const {
    const LibertyAttribute* found = group.find(name);
    if (found == nullptr || found->values.empty()) return otherwise;
    return number(found->values[0], found->line, name);
  }
  double amount(const LibertyGroup& group, const char* name, double otherwise) const {
    const double value = number(group, name, otherwise);
    require(value >= 0, value < 0 && group.find(name) != nullptr ? group.find(name)->line : group.line, name,
            " is ", value, ", must be from 0");
    return value;
  }
  std::vector<double> numbers(const LibertyAttribute& list) const {
    std::vector<double> out;
    for (const std::string& text : list.values)
      for (const std::string& word : words(text)) out.push_back(number(word, list.line, list.name));
    return out;
  }

  /// "1ns", "10ps": in units of 10^exponent of the base.
  double unit(const char* name, const std::string& base, int exponent, const char* otherwise) const {
    const LibertyAttribute* found = root_.find(name);
    const std::string text = found == nullptr ? otherwise : found->values.at(0);
    const int line = found == nullptr ? root_.line : found->line;
    std::size_t end = 0;
    while (end < text.size() && (std::isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.'))
      ++end;
    const double times = end == 0 ? 1 : number(text.substr(0, end), line, name);
    require(times > 0, line, name, " is '", text, "', must be more than 0");
    return times * prefix(text.substr(end), base, exponent, line, name);
  }
  double prefix(std::string letters, const std::string& base, int exponent, int line,
                const char* name) const {
    static const std::map<std::string, double> known = {{"", 0},    {"m", -3},  {"u", -6}, {"n", -9},
                                                        {"p", -12}, {"f", -15}, {"k", 3}};
    for (char& c : letters) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool fits =
        letters.ends_with(base) && known.contains(letters.substr(0, letters.size() - base.size()));
    require(fits, line, name, " is '", letters, "', must be a unit of ", base);
    return std::pow(10, known.at(letters.substr(0, letters.size() - base.size())) - exponent);
  }

  void read_units() {
    slew_ns_ = unit("time_unit", "s", -9, "1ns");
    volt_ = unit("voltage_unit", "v", 0, "1V");
    const LibertyAttribute* load = root_.find("capacitive_load_unit");
    require(load == nullptr || load->values.size() == 2, load == nullptr ? 0 : load->line,
            "capacitive_load_unit must be (number, unit)");
    require(load == nullptr || number(load->values[0], load->line, load->name) > 0,
            load == nullptr ? 0 : load->line, "capacitive_load_unit is 0 or less, must be more");
    if (load != nullptr)
      load_ff_ = number(load->values[0], load->line, load->name) *
                 prefix(load->values[1], "f", -15, load->line, "capacitive_load_unit");
    // One unit for all: "pf" is 10^-12 of a farad, as "f" is the base.
    energy_fj_ = load_ff_ * volt_ * volt_;
    if (root_.find("leakage_power_unit") != nullptr) leakage_nw_ = unit("leakage_power_unit", "w", -9, "1nW");
  }

  void read_corner(Library& library) const {
    library.voltage = number(root_, "nom_voltage", 0) * volt_;
    library.temperature = number(root_, "nom_temperature", 25);
    library.process = number(root_, "nom_process", 1);
    const std::string wanted = root_.text("default_operating_conditions");
    const LibertyGroup* conditions = nullptr;
    for (const LibertyGroup& group : root_.groups)
      if (group.kind == "operating_conditions" && (conditions == nullptr || group.argument() == wanted))
        conditions = &group;
    if (conditions != nullptr) {
      library.corner = conditions->argument();
      library.voltage = number(*conditions, "voltage", library.voltage / volt_) * volt_;
      library.temperature = number(*conditions, "temperature", library.temperature);
      library.process = number(*conditions, "process", library.process);
    }
    const LibertyAttribute* voltage = conditions == nullptr ? nullptr : conditions->find("voltage");
    if (voltage == nullptr) voltage = root_.find("nom_voltage");
    library.voltage_line = voltage == nullptr ? root_.line : voltage->line;
    require(library.voltage > 0, root_.line,
            "the library says no voltage: nom_voltage, or operating_conditions with one");
  }

  Cell cell(const LibertyGroup& group) const {
    Cell cell;
    cell.name = group.argument();
    cell.line = group.line;
    cell.area = amount(group, "area", 0);
    cell.dont_use = group.text("dont_use") == "true";
    for (const LibertyGroup& pin : group.groups)
      if (pin.kind == "pin")
        for (const std::string& name : pin.arguments) cell.names.push_back(name);
    const std::size_t pins = cell.names.size();
    add_states(group, cell);
    require(cell.names.size() < 250, group.line, "cell ", cell.name, " has more than 250 pins");
    for (const LibertyGroup& pin : group.groups)
      if (pin.kind == "pin")
        for (const std::string& name : pin.arguments) cell.pins.push_back(read_pin(pin, name, cell));
    WD_ASSERT(cell.pins.size() == pins);
    read_state(group, cell);
    read_leakage(group, cell);
    return cell;
  }

  std::string place(const Cell& cell, int line) const {
    return text(origin_, ":", line, ": cell ", cell.name);
  }
  std::optional<Logic> logic(const LibertyGroup& group, const char* name, const Cell& cell) const {
    const LibertyAttribute* found = group.find(name);
    if (found == nullptr || found->values.empty() || words(found->values[0]).empty()) return {};
    return Logic::parse(found->values[0], cell.names, place(cell, found->line));
  }

  static bool is_state(const LibertyGroup& group) { return group.kind == "ff" || group.kind == "latch"; }
  void add_states(const LibertyGroup& group, Cell& cell) const {
    for (const LibertyGroup& state : group.groups)
      if (is_state(state))
        for (const std::string& name : state.arguments) cell.names.push_back(name);
  }
  void read_state(const LibertyGroup& group, Cell& cell) const {
    for (const LibertyGroup& state : group.groups) {
      if (!is_state(state)) continue;
      const bool flop = state.kind == "ff";
      cell.state.kind = flop ? State::Kind::flop : State::Kind::latch;
      cell.state.data = logic(state, flop ? "next_state" : "data_in", cell);
      cell.state.clock = logic(state, flop ? "clocked_on" : "enable", cell);
      cell.state.clear = logic(state, "clear", cell);
      cell.state.preset = logic(state, "preset", cell);
    }
    if (!group.text("clock_gating_integrated_cell").empty()) cell.state.kind = State::Kind::gate;
  }

  void read_leakage(const LibertyGroup& group, Cell& cell) const {
    const LibertyAttribute* whole = group.find("cell_leakage_power");
    cell.leakage_nw = number(group, "cell_leakage_power", 0) * leakage_nw_;
    cell.has_leakage = whole != nullptr;
    std::optional<double> otherwise;
    double sum = 0;
    for (const LibertyGroup& one : group.groups) {
      if (one.kind != "leakage_power") continue;
      require(one.find("value") != nullptr, one.line, "cell ", cell.name, ": leakage_power lacks its value");
      Leakage leakage{logic(one, "when", cell), number(one, "value", 0) * leakage_nw_};
      sum += leakage.nanowatt;
      if (leakage.when)
        cell.leakages.push_back(std::move(leakage));
      else
        otherwise = otherwise.value_or(0) + leakage.nanowatt;  // of several rails
    }
    if (otherwise)
      cell.leakage_nw = *otherwise;
    else if (whole == nullptr && !cell.leakages.empty())
      cell.leakage_nw = sum / static_cast<double>(cell.leakages.size());
    cell.has_leakage = cell.has_leakage || otherwise || !cell.leakages.empty();
  }

  Pin read_pin(const LibertyGroup& group, const std::string& name, const Cell& cell) const {
    static const std::map<std::string, Direction> directions = {{"input", Direction::input},
                                                                {"output", Direction::output},
                                                                {"inout", Direction::inout},
                                                                {"internal", Direction::internal}};
    Pin pin;
    pin.name = name;
    const auto direction = directions.find(group.text("direction", "input"));
    require(direction != directions.end(), group.line, "cell ", cell.name, ": pin ", name, ": direction is '",
            group.text("direction"), "', must be input, output, inout or internal");
    pin.direction = direction->second;
    const bool driven = pin.direction != Direction::output && pin.direction != Direction::internal;
    pin.capacitance_ff =
        amount(group, "capacitance",
               number(root_, driven ? "default_input_pin_cap" : "default_output_pin_cap", 0)) *
        load_ff_;
    pin.function =
        logic(group, group.find("state_function") != nullptr ? "state_function" : "function", cell);
    pin.three_state = group.find("three_state") != nullptr;
    pin.clock = group.text("clock") == "true" || group.text("clock_gate_clock_pin") == "true";
    for (const LibertyGroup& inner : group.groups) {
      if (inner.kind == "internal_power") add_power(inner, pin, cell);
      if (inner.kind != "timing") continue;
      const bool delays = has_delays(inner, text("cell ", cell.name, ": pin ", name, ": "));
      for (const int related : related_pins(inner, pin, cell))
        pin.timings.push_back({related, inner.text("timing_type", "combinational"), delays});
    }
    return pin;
  }

  /// Whether there are any; they are read by others, who take what they cannot read for 0, or end without a word.
  bool has_delays(const LibertyGroup& timing, const std::string& of) const {
    bool found = false;
    for (const LibertyGroup& table : timing.groups) {
      const bool delay = table.kind == "cell_rise" || table.kind == "cell_fall";
      if (delay || table.kind == "rise_transition" || table.kind == "fall_transition")
        check_delays(table, of + table.kind);
      found = found || delay;
    }
    return found;
  }

  void check_delays(const LibertyGroup& table, const std::string& what) const {
    const auto pattern = delay_templates_.find(table.argument());
    require(pattern != delay_templates_.end() || table.argument() == "scalar" || table.argument().empty(),
            table.line, what, " has the template '", table.argument(),
            "', which the library does not define");
    std::size_t places = 1;
    for (const char* index : {"index_1", "index_2", "index_3"}) {
      const LibertyAttribute* axis = table.find(index);
      if (axis == nullptr && pattern != delay_templates_.end()) axis = pattern->second->find(index);
      if (axis == nullptr) continue;
      const std::vector<double> steps = numbers(*axis);
      require(!steps.empty() && std::is_sorted(steps.begin(), steps.end(), std::less_equal<>()), axis->line,
              what, ": ", index, " does not rise");
      places *= steps.size();
    }
    const LibertyAttribute* values = table.find("values");
    require(values != nullptr, table.line, what, " has no values");
    const std::size_t count = numbers(*values).size();
    require(count == places, values->line, what, " has ", count, " values, its axes need ", places);
  }

  /// Of a group; {-1} where it names none.
  std::vector<int> related_pins(const LibertyGroup& group, const Pin& pin, const Cell& cell) const {
    std::vector<int> list;
    for (const std::string& name : words(group.text("related_pin"))) {
      const auto found = std::find(cell.names.begin(), cell.names.end(), name);
      require(found != cell.names.end(), group.line, "cell ", cell.name, ": pin ", pin.name,
              ": related_pin '", name, "' is no pin of it");
      list.push_back(static_cast<int>(found - cell.names.begin()));
    }
    return list.empty() ? std::vector<int>{-1} : list;
  }

  void add_power(const LibertyGroup& group, Pin& pin, const Cell& cell) const {
    InternalPower power;
    power.when = logic(group, "when", cell);
    power.rail = group.text("related_pg_pin");
    power.line = group.line;
    for (const LibertyGroup& inner : group.groups) {
      if (inner.kind == "rise_power" || inner.kind == "power") power.rise = table(inner, pin, cell);
      if (inner.kind == "fall_power" || inner.kind == "power") power.fall = table(inner, pin, cell);
    }
    require(power.rise || power.fall, group.line, "cell ", cell.name, ": pin ", pin.name,
            ": internal_power has no rise_power and no fall_power");
    for (const int related : related_pins(group, pin, cell)) {
      power.related = related;
      pin.powers.push_back(power);
    }
  }

  struct Axis {
    bool slew = false;
    std::vector<double> values;
  };
  Axis axis(const LibertyGroup& group, const LibertyGroup* pattern, int number,
            const std::string& what) const {
    const std::string index = text("index_", number);
    const LibertyAttribute* found = group.find(index);
    if (found == nullptr && pattern != nullptr) found = pattern->find(index);
    const std::string variable = pattern == nullptr ? "" : pattern->text(text("variable_", number));
    if (found == nullptr && variable.empty()) return {};
    require(found != nullptr, group.line, what, " has no ", index);
    const bool slew = variable == "input_transition_time" || variable == "input_net_transition";
    require(slew || variable == "total_output_net_capacitance", group.line, what, " depends on '", variable,
            "', not on the input's transition or the output's capacitance alone");
    Axis axis{slew, numbers(*found)};
    require(
        std::is_sorted(axis.values.begin(), axis.values.end(), std::less_equal<>()) && !axis.values.empty(),
        found->line, what, ": ", index, " does not rise");
    for (double& value : axis.values) value *= slew ? slew_ns_ : load_ff_;
    return axis;
  }

  PowerTable table(const LibertyGroup& group, const Pin& pin, const Cell& cell) const {
    const std::string what = text("cell ", cell.name, ": pin ", pin.name, ": ", group.kind);
    const auto pattern = templates_.find(group.argument());
    require(pattern != templates_.end() || group.argument() == "scalar" || group.argument().empty(),
            group.line, what, " has the template '", group.argument(),
            "', which the library does not define");
    const LibertyGroup* known = pattern == templates_.end() ? nullptr : pattern->second;
    const Axis first = axis(group, known, 1, what), second = axis(group, known, 2, what);
    const LibertyAttribute* values = group.find("values");
    require(values != nullptr, group.line, what, " has no values");
    std::vector<double> list = numbers(*values);
    const std::size_t rows = std::max<std::size_t>(1, first.values.size()),
                      columns = std::max<std::size_t>(1, second.values.size());
    require(list.size() == rows * columns, values->line, what, " has ", list.size(),
            " values, its axes need ", rows * columns);
    require(second.values.empty() || first.slew != second.slew, group.line, what, " has twice the same axis");
    for (double& value : list) value *= energy_fj_;
    if (first.slew || first.values.empty()) return {first.values, second.values, std::move(list)};
    std::vector<double> turned;
    for (std::size_t slew = 0; slew < columns; ++slew)
      for (std::size_t load = 0; load < rows; ++load) turned.push_back(list[load * columns + slew]);
    return {second.values, first.values, std::move(turned)};
  }

  const LibertyGroup& root_;
  const std::string& origin_;
  double slew_ns_ = 1, load_ff_ = 1000, volt_ = 1, energy_fj_ = 1000, leakage_nw_ = 1;
  std::map<std::string, const LibertyGroup*> templates_, delay_templates_;  // of energies: both kinds
};

}  // namespace

Library parse_library(std::string_view text, const std::string& origin) {
  return LibraryReader(parse_liberty(text, origin), origin).read();
}

Library read_library(const std::filesystem::path& path) {
  const Bytes bytes = read_file(path, largest_bytes);
  return parse_library({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string());
}

}  // namespace wd::silicon
