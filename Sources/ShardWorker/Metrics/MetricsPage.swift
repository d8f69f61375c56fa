/// Figures in Prometheus' text format, version 0.0.4.
struct MetricsPage {
  enum Kind: String {
    case counter, gauge, histogram
  }

  /// One line: a name's suffix, labels in order, and a value.
  struct Sample {
    var suffix = ""
    var labels: [(String, String)] = []
    let value: Double
  }

  private(set) var text = ""

  /// Adds a family. One without samples is left out.
  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ samples: [Sample]) {
    guard !samples.isEmpty else { return }
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples {
      text += "\(name)\(sample.suffix)\(Self.labels(sample.labels)) \(Self.number(sample.value))\n"
    }
  }

  private static func labels(_ labels: [(String, String)]) -> String {
    guard !labels.isEmpty else { return "" }
    return "{" + labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",") + "}"
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }

  private static func number(_ value: Double) -> String {
    if value == .infinity { return "+Inf" }
    if value == value.rounded(), abs(value) < 0x1p53 { return String(Int(value)) }
    return String(value)
  }
}
