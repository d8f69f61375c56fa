import WorkflowCore

/// `1h2m`, `3m4s`, `5.2s`: as short as it stays useful.
func duration(_ milliseconds: Int64) -> String {
  let milliseconds = max(milliseconds, 0)
  let seconds = milliseconds / 1000
  switch seconds {
  case 0..<10: return "\(seconds).\(milliseconds % 1000 / 100)s"
  case 10..<60: return "\(seconds)s"
  case 60..<3600: return "\(seconds / 60)m\(seconds % 60)s"
  case 3600..<86_400: return "\(seconds / 3600)h\(seconds / 60 % 60)m"
  default: return "\(seconds / 86_400)d\(seconds / 3600 % 24)h"
  }
}

/// A count with a unit that people read at a glance: `950`, `12.3k`, `4.56M`.
func count(_ number: Double) -> String {
  func scaled(_ divisor: Double, _ unit: String) -> String {
    let value = number / divisor
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 || tenths >= 1000 ? "\(tenths / 10)\(unit)" : "\(tenths / 10).\(tenths % 10)\(unit)"
  }
  switch number {
  case ..<1000: return String(Int(number.rounded()))
  case ..<1_000_000: return scaled(1000, "k")
  case ..<1_000_000_000: return scaled(1_000_000, "M")
  default: return scaled(1_000_000_000, "G")
  }
}

/// Columns of text, each as wide as its widest cell.
struct TextTable {
  private var rows: [[String]]

  init(_ header: [String]) { rows = [header] }

  mutating func add(_ row: [String]) { rows.append(row) }

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}
