import Foundation
import RunFiles

/// What a batch has to be like to be merged. Read from a file that `docs/table.md` describes.
struct Thresholds: Sendable, Equatable {
  /// Between which values a measure may lie.
  struct Limit: Sendable, Equatable {
    /// `rows`, `score.psi`.
    let measure: String
    let atLeast: Double?
    let atMost: Double?
  }

  static let batchMeasures = ["rows", "rows_against_baseline", "dead_letter_share"]
  static let columnMeasures = ["null_share", "nan_share", "minimum", "maximum", "mean", "psi", "ks"]

  let file: String
  let limits: [Limit]
  /// Columns of which no two rows may have the same values.
  let unique: [String]

  init(readingFrom path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else { throw RunFileError.missing(path: path) }
    do {
      try self.init(tree: try JSONValue(parsing: data), file: path)
    } catch let error as JSONSyntaxError {
      throw RunFileError.notJSON(path: path, offset: error.offset, reason: error.reason)
    }
  }

  /// A key that is not known is an error: a threshold with a slip of the pen would hold for ever.
  init(tree: JSONValue, file: String) throws {
    self.file = file
    guard case .object(let members) = tree, tree["kind"]?.text == "thresholds", tree["format"]?.integer == 1 else {
      throw ConsolidateError.badThresholds(file: file, reason: "it needs format 1 and the kind `thresholds`")
    }
    try Self.check(Array(members.keys), among: ["format", "kind", "batch", "columns", "unique"], "", file)
    var limits = try Self.limits(tree["batch"], Self.batchMeasures, prefix: "", file)
    if let columns = tree["columns"] {
      for (name, measures) in try Self.object(columns, "columns", file) {
        limits += try Self.limits(measures, Self.columnMeasures, prefix: "\(name).", file)
      }
    }
    self.limits = limits.sorted { $0.measure < $1.measure }
    guard case .array(let unique)? = tree["unique"] ?? .array([]) else {
      throw ConsolidateError.badThresholds(file: file, reason: "`unique` is no list of columns")
    }
    self.unique = unique.compactMap(\.text)
  }

  private static func limits(
    _ tree: JSONValue?, _ known: [String], prefix: String, _ file: String
  ) throws -> [Limit] {
    guard let tree else { return [] }
    let measures = try object(tree, prefix.isEmpty ? "batch" : prefix, file)
    try check(Array(measures.keys), among: known, prefix, file)
    return try measures.map { name, bounds in
      let members = try object(bounds, prefix + name, file)
      try check(Array(members.keys), among: ["at_least", "at_most"], "\(prefix)\(name).", file)
      return Limit(
        measure: prefix + name, atLeast: try number(bounds["at_least"], prefix + name, file),
        atMost: try number(bounds["at_most"], prefix + name, file))
    }
  }

  private static func number(_ value: JSONValue?, _ name: String, _ file: String) throws -> Double? {
    guard let value else { return nil }
    guard case .number(let digits) = value, let number = Double(digits) else {
      throw ConsolidateError.badThresholds(file: file, reason: "a limit of `\(name)` is no number")
    }
    return number
  }

  private static func object(_ value: JSONValue, _ name: String, _ file: String) throws -> [String: JSONValue] {
    guard case .object(let members) = value else {
      throw ConsolidateError.badThresholds(file: file, reason: "`\(name)` is no object")
    }
    return members
  }

  private static func check(_ names: [String], among known: [String], _ prefix: String, _ file: String) throws {
    for name in names.sorted() where !known.contains(name) {
      throw ConsolidateError.badThresholds(
        file: file, reason: "`\(prefix)\(name)` is not known; there are \(known.joined(separator: ", "))")
    }
  }
}

/// What came of one check.
struct CheckResult: Codable, Equatable, Sendable {
  var measure: String
  /// nil when there was nothing to measure: a drift without a baseline, a mean without values.
  var value: Double?
  var atLeast: Double?
  var atMost: Double?
  var passed: Bool

  enum CodingKeys: String, CodingKey {
    case measure, value, passed
    case atLeast = "at_least"
    case atMost = "at_most"
  }

  /// `score.psi is 0.31, has to be at most 0.25`.
  var text: String {
    let bounds = [atLeast.map { "at least \(Self.text($0))" }, atMost.map { "at most \(Self.text($0))" }]
    return "\(measure) is \(value.map(Self.text) ?? "not known"), has to be "
      + bounds.compactMap { $0 }.joined(separator: " and ")
  }

  /// Whole numbers without a point.
  private static func text(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }
}

/// The measures of a batch.
struct BatchMeasures {
  let rows: Int
  let deadLetters: Int
  let profile: [String: ColumnProfile]
  let drift: [String: Drift]
  let baseline: Baseline?
  /// For each list of columns that has to be unique, the rows that are too many.
  var duplicates: [String: Int] = [:]

  func results(_ thresholds: Thresholds) throws -> [CheckResult] {
    let limits = try thresholds.limits.map { limit in
      let value = try value(limit.measure, thresholds.file)
      let passed =
        value.map { value in
          !value.isNaN && limit.atLeast.map { value >= $0 } ?? true && limit.atMost.map { value <= $0 } ?? true
        } ?? true
      return CheckResult(
        measure: limit.measure, value: value, atLeast: limit.atLeast, atMost: limit.atMost, passed: passed)
    }
    return limits
      + duplicates.sorted { $0.key < $1.key }.map {
        CheckResult(
          measure: "duplicates of \($0.key)", value: Double($0.value), atLeast: nil, atMost: 0, passed: $0.value == 0)
      }
  }

  private func value(_ measure: String, _ file: String) throws -> Double? {
    switch measure {
    case "rows": return Double(rows)
    case "dead_letter_share":
      return rows + deadLetters > 0 ? Double(deadLetters) / Double(rows + deadLetters) : nil
    case "rows_against_baseline": return baseline.flatMap { $0.rows > 0 ? Double(rows) / Double($0.rows) : nil }
    default:
      guard let dot = measure.lastIndex(of: ".") else { return nil }
      let column = String(measure[..<dot])
      guard let profile = profile[column] else {
        // A day without rows has no columns to look at.
        guard rows > 0 else { return nil }
        throw ConsolidateError.badThresholds(file: file, reason: "the batch has no numeric column \(column)")
      }
      return value(String(measure[measure.index(after: dot)...]), profile, drift[column])
    }
  }

  private func value(_ measure: String, _ profile: ColumnProfile, _ drift: Drift?) -> Double? {
    switch measure {
    case "null_share": profile.rows > 0 ? Double(profile.nulls) / Double(profile.rows) : nil
    case "nan_share": profile.rows > 0 ? Double(profile.nans) / Double(profile.rows) : nil
    case "minimum": profile.minimum
    case "maximum": profile.maximum
    case "mean": profile.mean
    case "psi": drift?.psi
    case "ks": drift?.ks
    default: nil
    }
  }
}
