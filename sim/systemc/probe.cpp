// SPDX-License-Identifier: Apache-2.0
#include "sim/systemc/probe.hpp"

#include "base/error.hpp"

namespace wd::sim::systemc {
namespace {

/// The fields of what an interface carries; none where it is no signal.
void visit(const sc_core::sc_interface* interface, const FieldVisit& visit) {
  if (const auto* bit = dynamic_cast<const sc_core::sc_signal_in_if<bool>*>(interface))
    visit_field("", bit->read(), visit);
  else if (const auto* number = dynamic_cast<const sc_core::sc_signal_in_if<std::uint32_t>*>(interface))
    visit_field("", number->read(), visit);
  else if (const auto* bus = dynamic_cast<const BusFieldsIf*>(interface))
    bus->visit(visit);
}

void set_bits(std::string& text, int width, std::span<const std::uint8_t> bytes) {
  text.resize(static_cast<std::size_t>(width));
  for (std::size_t bit = 0; bit < text.size(); ++bit)
    text[text.size() - 1 - bit] = static_cast<char>('0' + (bytes[bit / 8] >> bit % 8 & 1));
}

}  // namespace

Probe::Probe(sc_core::sc_module_name name, const sc_core::sc_module& top,
             std::function<std::uint64_t()> cycle)
    : sc_module(name), top_(top), cycle_(std::move(cycle)) {
  SC_METHOD(settled);
  sensitive << clk_i.neg();
  dont_initialize();
}

void Probe::watch(SignalSink& sink, const SignalWindow& window) {
  sink_ = &sink;
  window_ = window;
  told_ = begun_ = false;
  numbers_ = 0;
  blocks_.clear();
  known_.clear();
  sources_.clear();
  collect(top_, top_.name());
  WD_REQUIRE(numbers_ > 0 || window.depth == 0 || !(window.scope.empty() || blocks_.count(window.scope) > 0),
             "the SystemC model has no signals in the first ", window.depth,
             window.depth == 1 ? " level" : " levels", " from ",
             window.scope.empty() ? top_.name() : window.scope, " down; raise --waves-depth");
  if (numbers_ == 0) refuse_block("the SystemC model", window.scope, blocks_);
  watched_.notify(sc_core::SC_ZERO_TIME);
}

bool Probe::finish() {
  sink_ = nullptr;
  return told_;
}

void Probe::collect(const sc_core::sc_object& block, const std::string& scope) {
  blocks_.insert(scope);
  for (const sc_core::sc_object* child : block.get_child_objects()) {
    if (const auto* port = dynamic_cast<const sc_core::sc_port_base*>(child))
      add(port->get_interface(), scope, child->basename());
    else if (const auto* channel = dynamic_cast<const sc_core::sc_interface*>(child))
      if (dynamic_cast<const sc_core::sc_module*>(child) == nullptr) add(channel, scope, child->basename());
  }
  for (const sc_core::sc_object* child : block.get_child_objects())
    if (dynamic_cast<const sc_core::sc_module*>(child) != nullptr)
      collect(*child, scope + "." + child->basename());
}

void Probe::add(const sc_core::sc_interface* interface, const std::string& scope, const std::string& name) {
  if (interface == nullptr || !is_told(window_, scope, name)) return;
  const bool is_new = known_.try_emplace(interface, sources_.size()).second;
  if (is_new) sources_.push_back({interface, {}, {}});
  Source& source = sources_[known_.at(interface)];
  std::size_t field = 0;
  visit(interface, [&](const char* part, int width, std::span<const std::uint8_t>) {
    if (is_new) source.numbers.push_back(numbers_++);
    sink_->declare(source.numbers[field++], scope, *part == '\0' ? name : name + "." + part, width);
  });
  source.bits.resize(field);
}

void Probe::settled() {
  if (!clk_i.negedge()) return;  // just woken
  if (sink_ == nullptr) return next_trigger(watched_);
  const std::uint64_t cycle = cycle_();
  if ((!busy_i && !window_.idle) || cycle < window_.first || cycle > window_.last) return;
  sink_->time(2 * cycle + (window_.edges ? 0 : 1));
  const sc_core::sc_interface* const clock = clk_i.get_interface();
  for (Source& source : sources_)
    if (source.interface != clock) tell(source);
  if (const auto at = known_.find(clock); at != known_.end()) {
    const std::size_t number = sources_[at->second].numbers.front();
    if (window_.edges) {
      sink_->change(number, "1");
      sink_->time(2 * cycle + 1);
    }
    if (window_.edges || !begun_) sink_->change(number, "0");
  }
  begun_ = true;
  told_ = window_.idle || cycle == window_.last;
}

void Probe::tell(Source& source) {
  std::size_t field = 0;
  std::string bits;
  visit(source.interface, [&](const char*, int width, std::span<const std::uint8_t> bytes) {
    set_bits(bits, width, bytes);
    if (source.bits[field] != bits) {
      sink_->change(source.numbers[field], bits);
      std::swap(source.bits[field], bits);
    }
    ++field;
  });
}

}  // namespace wd::sim::systemc
