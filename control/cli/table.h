#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strata::control::cli {

// Text without control characters (each becomes '?'), so that names and messages from elsewhere
// can't steer the terminal.
std::string printable(std::string_view text);

// 1234567 as "1,234,567".
std::string grouped(std::uint64_t number);

// A rate of bits: "532 bit/s", "1.20 Mbit/s". Powers of 1000.
std::string bit_rate(double bits_per_second);

struct Column {
    std::string title;
    bool right = false;  // numbers
};

struct TableStyle {
    bool headers = true;
    bool colour = false;
};

// Aligned columns, two blanks apart; no blanks at the end of a line. An empty cell is shown as "-".
class Table {
  public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    // As many cells as columns.
    void add(std::vector<std::string> cells);
    bool empty() const { return rows_.empty(); }
    std::string text(const TableStyle& style) const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace strata::control::cli
