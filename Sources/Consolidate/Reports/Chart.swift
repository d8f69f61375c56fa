import Foundation

/// Charts as SVG, in a drawing of 720 by 200.
enum Chart {
  private static let (width, height, left, bottom) = (720.0, 200.0, 60.0, 24.0)

  /// Values at equal distances over `duration` seconds.
  static func line(_ values: [Double], duration: Double) -> String {
    let top = max(values.max() ?? 0, 1e-9)
    let points = values.enumerated().map { index, value in
      "\(text(x(Double(index) + 0.5, of: values.count))),\(text(y(value / top)))"
    }
    return svg(
      axes(top: short(top), left: "0 s", right: "\(short(duration)) s")
        + "<polyline class=\"line\" points=\"\(points.joined(separator: " "))\"/>")
  }

  /// One horizontal bar for each name.
  static func bars(_ items: [(name: String, value: Double, unit: String)]) -> String {
    let top = max(items.map(\.value).max() ?? 0, 1e-9)
    let step = (height - 8) / Double(max(items.count, 1))
    let rows = items.enumerated().map { index, item in
      let (start, length) = (Double(index) * step + 4, item.value / top * (width - 260))
      let middle = text(start + step / 2 + 4)
      return "<text x=\"110\" y=\"\(middle)\" text-anchor=\"end\">\(Markup.escaped(item.name))</text>"
        + "<rect class=\"bar\" x=\"120\" y=\"\(text(start + 3))\" width=\"\(text(length))\" "
        + "height=\"\(text(step - 6))\"/>"
        + "<text x=\"\(text(length + 128))\" y=\"\(middle)\">\(amount(item.value, item.unit))</text>"
    }
    return svg(rows.joined())
  }

  /// Shares of the values, with those of the baseline as outlines. Values outside of the range are in the first and the
  /// last bar.
  static func histogram(_ now: ColumnProfile.Histogram, baseline: ColumnProfile.Histogram?) -> String {
    guard let shares = now.shares else { return svg("") }
    let before = baseline?.shares.flatMap { $0.count == shares.count ? $0 : nil }
    let top = max(shares.max() ?? 0, before?.max() ?? 0, 1e-9)
    let bars = shares.enumerated().map { rectangle($0, of: shares.count, $1 / top, "now") }
    let outlines = (before ?? []).enumerated().map { rectangle($0, of: shares.count, $1 / top, "before") }
    return svg(
      axes(top: "\(short(top * 100)) %", left: short(now.lower), right: short(now.upper))
        + (bars + outlines).joined())
  }

  private static func rectangle(_ index: Int, of count: Int, _ share: Double, _ kind: String) -> String {
    let step = (width - left) / Double(count)
    let (start, level) = (x(Double(index), of: count), y(share))
    return "<rect class=\"\(kind)\" x=\"\(text(start + 1))\" y=\"\(text(level))\" width=\"\(text(step - 2))\" "
      + "height=\"\(text(height - bottom - level))\"/>"
  }

  private static func x(_ position: Double, of count: Int) -> Double {
    left + (width - left) * position / Double(max(count, 1))
  }

  private static func y(_ share: Double) -> Double { (height - bottom) - share * (height - bottom - 12) }

  private static func axes(top: String, left from: String, right to: String) -> String {
    let base = text(height - bottom)
    return "<line class=\"axis\" x1=\"\(text(left))\" y1=\"\(base)\" x2=\"\(text(width))\" y2=\"\(base)\"/>"
      + "<text x=\"\(text(left - 6))\" y=\"16\" text-anchor=\"end\">\(top)</text>"
      + "<text x=\"\(text(left))\" y=\"\(text(height - 8))\">\(from)</text>"
      + "<text x=\"\(text(width))\" y=\"\(text(height - 8))\" text-anchor=\"end\">\(to)</text>"
  }

  private static func svg(_ content: String) -> String {
    "<svg viewBox=\"0 0 \(Int(width)) \(Int(height))\" role=\"img\">\(content)</svg>"
  }

  private static func amount(_ value: Double, _ unit: String) -> String {
    unit == "$" ? "$\(short(value))" : "\(short(value)) \(unit)"
  }

  /// Three digits that count.
  private static func short(_ value: Double) -> String {
    value >= 1000 ? MergeReport.grouped(Int(value.rounded())) : String(format: "%.3g", value)
  }

  private static func text(_ coordinate: Double) -> String { String(format: "%.1f", coordinate) }
}
