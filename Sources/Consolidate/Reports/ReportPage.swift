import Foundation
import RunFiles

/// A batch's report as one page of HTML: numbers, and charts as SVG. It loads nothing from anywhere.
struct ReportPage {
  private let manifest: BatchManifest
  private let table: String

  init(_ manifest: BatchManifest, table: String) {
    self.manifest = manifest
    self.table = table
  }

  func write(to path: String) throws { try DurableFile.write(Data(try html().utf8), to: path) }

  func html() throws -> String {
    let title = "Batch \(manifest.batch)"
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width">
      <title>\(Markup.escaped(title))</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <h1>\(Markup.escaped(title))</h1>
      \(facts)
      \(charts)
      \(checks)
      <h2>Manifest</h2>
      <pre>\(Markup.escaped(try manifest.tree().fileText))</pre>
      </body>
      </html>

      """
  }

  private var facts: String {
    let report = MergeReport(outcome: .merged, table: table, manifest: manifest, shards: manifest.shards?.count ?? 0)
    let rows = report.rows.map { row in
      "<tr><th scope=\"row\">\(Markup.escaped(row.name))</th><td>\(Markup.escaped(row.value))</td></tr>"
    }
    let table = "version \(manifest.tableVersion) of \(table), committed \(manifest.timestamp)"
    return "<p>\(Markup.escaped(table))</p>\n<table>\n\(rows.joined(separator: "\n"))\n</table>"
  }

  private var charts: String {
    var figures: [String] = []
    if let shards = manifest.shards, let curve = ThroughputCurve(shards) {
      figures.append(
        figure("Throughput over time (rows/s)", Chart.line(curve.rates, duration: curve.seconds)))
    }
    if let stages = manifest.stages {
      figures.append(
        figure("Seconds by stage, all shards", Chart.bars(stages.list.map { ($0.name, $0.seconds, "s") })))
    }
    for (name, profile) in (manifest.profile ?? [:]).sorted(by: { $0.key < $1.key }) {
      // The first column tells rows apart: how its values are spread says nothing.
      guard let histogram = profile.histogram, name != manifest.schema.first?.name else { continue }
      let drift = manifest.drift?[name].map { "; outlined: \(manifest.baseline ?? ""), PSI \($0.psi)" } ?? ""
      let baseline = manifest.baselineProfile?[name]?.histogram
      figures.append(figure("\(name): share of rows\(drift)", Chart.histogram(histogram, baseline: baseline)))
    }
    if let cost = manifest.cost { figures.append(figure("Cost ($)", Chart.bars(Self.bars(cost)))) }
    return figures.joined(separator: "\n")
  }

  private static func bars(_ cost: BatchCost) -> [(String, Double, String)] {
    func number(_ value: Decimal?) -> Double { value.map { NSDecimalNumber(decimal: $0).doubleValue } ?? 0 }
    return [
      ("in all", number(cost.total), "$"), ("for retries", number(cost.retries?.cost), "$"),
      ("a million rows", number(cost.perMillionRows), "$"),
    ]
  }

  private var checks: String {
    guard let checks = manifest.checks, !checks.isEmpty else { return "" }
    let rows = checks.map { "<li>\(Markup.escaped($0.text)): \($0.passed ? "passed" : "failed")</li>" }
    return "<h2>Checks</h2>\n<ul>\n\(rows.joined(separator: "\n"))\n</ul>"
  }

  private func figure(_ caption: String, _ svg: String) -> String {
    "<figure>\n<figcaption>\(Markup.escaped(caption))</figcaption>\n\(svg)\n</figure>"
  }

  private static let style = """
    body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}
    table{border-collapse:collapse}th{text-align:left;font-weight:500;padding-right:2rem;vertical-align:top}
    figure{margin:1.5rem 0}figcaption{font-weight:600}svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif}
    pre{font-size:12px;overflow-x:auto;background:#f5f5f5;padding:1rem}
    .bar,.now{fill:#2b6cb0}.before{fill:none;stroke:#c05621;stroke-width:2}.line{fill:none;stroke:#2b6cb0;stroke-width:2}
    .axis{stroke:#999}
    """
}

/// Text in HTML.
enum Markup {
  static func escaped(_ text: String) -> String {
    [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")].reduce(text) {
      $0.replacingOccurrences(of: $1.0, with: $1.1)
    }
  }
}

/// How many rows a second all shards together wrote, over the time of the batch.
struct ThroughputCurve {
  static let points = 60

  let seconds: Double
  /// Rows a second in equal pieces of the time.
  private(set) var rates: [Double]

  /// A shard's rows are spread evenly over its time: receipts say no more. nil when no time passed.
  init?(_ shards: [ShardTiming]) {
    let spans = shards.compactMap { shard -> (start: Double, end: Double, rows: Int)? in
      guard let end = Self.moment(shard.finishedAt) else { return nil }
      // The attempt that finished did the work; what came before it is waiting and waste.
      return (end - max(shard.seconds, 0.001), end, shard.rows)
    }
    guard let first = spans.map(\.start).min(), let last = spans.map(\.end).max(), last > first else { return nil }
    seconds = last - first
    let width = seconds / Double(Self.points)
    rates = (0..<Self.points).map { point in
      let (from, to) = (first + Double(point) * width, first + Double(point + 1) * width)
      return spans.reduce(0) { sum, span in
        let overlap = max(0, min(to, span.end) - max(from, span.start))
        return sum + Double(span.rows) * overlap / (span.end - span.start) / width
      }
    }
  }

  private static func moment(_ text: String) -> Double? {
    let date =
      (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
      ?? (try? Date(text, strategy: Date.ISO8601FormatStyle()))
    return date?.timeIntervalSince1970
  }
}
