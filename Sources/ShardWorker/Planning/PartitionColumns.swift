import Foundation
import Storage

/// Columns whose value stands in a file's path, as Hive partitions have it: `.../region=eu/part-0.parquet`.
struct PartitionColumns {
  private enum Value {
    case integer(Int64)
    case real(Double)
    case text(String)
    case null(isText: Bool)
  }

  private static let null = "__HIVE_DEFAULT_PARTITION__"

  private let values: [(name: String, value: Value)]

  /// The columns that models want and that a file itself lacks.
  init(path: String, _ models: [ModelDescription], beside fields: [Field]) {
    let known = Set(fields.map(\.name))
    let labels = Planner.labels(inPath: path)
    var texts: Set<String> = []
    var wanted: [String] = []
    for model in models {
      texts.formUnion(model.textColumns)
      wanted += model.columns.filter { !known.contains($0) && labels[$0] != nil && !wanted.contains($0) }
    }
    values = wanted.map { name in
      let text = labels[name] ?? ""
      return (name, Self.value(text.removingPercentEncoding ?? text, isText: texts.contains(name)))
    }
  }

  private static func value(_ text: String, isText: Bool) -> Value {
    if text == null { return .null(isText: isText) }
    if isText { return .text(text) }
    if let integer = Int64(text) { return .integer(integer) }
    return Double(text).map { .real($0) } ?? .text(text)
  }

  var names: Set<String> { Set(values.map(\.name)) }

  /// The columns' types.
  var fields: [Field] { columns(rows: 0).map(\.field) }

  /// The columns, with the same value in each row.
  func columns(rows: Int) -> [Column] {
    values.map { name, value in
      switch value {
      case .integer(let integer): Column(name, [Int64](repeating: integer, count: rows))
      case .real(let real): Column(name, [Double](repeating: real, count: rows))
      case .text(let text): Column(name, texts: [String?](repeating: text, count: rows))
      case .null(isText: true): Column(name, texts: [String?](repeating: nil, count: rows))
      case .null(isText: false): Column(name, optional: [Double?](repeating: nil, count: rows))
      }
    }
  }
}

extension ModelDescription {
  /// The columns that must be read as texts.
  fileprivate var textColumns: Set<String> {
    let features = inputs.flatMap(\.features)
    let looked = features.filter { feature in
      feature.encoding == .vocabulary && Vocabulary(feature.vocabulary ?? []).holdsTexts
    }
    return Set(looked.map(\.column) + [idColumn])
  }
}
