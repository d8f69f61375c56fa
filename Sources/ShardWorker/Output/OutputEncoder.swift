import Foundation
import Storage

/// Checks the model's output tensors, and says what columns they become. `OutputColumns` fills those.
struct OutputEncoder: Sendable {
  let outputs: [ModelDescription.Output]

  init(_ outputs: [ModelDescription.Output]) {
    self.outputs = outputs
  }

  /// The columns that `columns` makes.
  var fields: [Field] {
    outputs.map {
      let type = $0.type.columnType
      return Field($0.column, $0.transform.givesList ? .list(type) : type, nullable: false)
    }
  }

  /// What is wrong with the shape of the model's outputs, if anything.
  func fault(in tensors: [OutputTensor]) -> String? {
    for output in outputs {
      guard tensors.indices.contains(output.from) else {
        return "`\(output.column)` comes from output \(output.from), the model gives \(tensors.count)"
      }
      let width = tensors[output.from].columns
      if let index = output.index, index >= width {
        return "`\(output.column)` takes value \(index) of output \(output.from), which has \(width)"
      }
      if output.index == nil, width > 1, !output.transform.spansRow {
        return "`\(output.column)` needs `index`: output \(output.from) has \(width) values a row"
      }
    }
    return nil
  }

  /// The rows for which the model gave NaN, each with the first column that is concerned.
  func faults(in tensors: [OutputTensor]) -> [(row: Int, column: String)] {
    var first: [Int: String] = [:]
    for output in outputs {
      for row in tensors[output.from].rowsWithNaN(in: output.span) where first[row] == nil {
        first[row] = output.column
      }
    }
    return first.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

extension ModelDescription.Output {
  /// The values of a row that count; nil for all.
  fileprivate var span: Int? { transform.spansRow ? nil : index ?? 0 }
}

extension ModelDescription.Output.Transform {
  /// Whether the result depends on all values of a row.
  fileprivate var spansRow: Bool { self == .softmax || self == .argmax || givesList }
}

extension ModelDescription.Output.ValueType {
  fileprivate var columnType: ColumnType {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .int32: .int32
    case .int64: .int64
    }
  }
}

extension OutputTensor {
  fileprivate func rowsWithNaN(in column: Int?) -> [Int] {
    switch values {
    case .floats(let values): nanRows(values, column)
    case .doubles(let values): nanRows(values, column)
    }
  }

  private func nanRows<Value: BinaryFloatingPoint>(_ values: [Value], _ column: Int?) -> [Int] {
    values.withUnsafeBufferPointer { values in
      // A pass without branches first: nearly all batches have no NaN.
      var found = false
      for value in values { found = (value != value) || found }
      guard found else { return [] }
      let span = column.map { $0..<$0 + 1 } ?? 0..<columns
      return (0..<rows).filter { row in span.contains { values[row * columns + $0].isNaN } }
    }
  }
}
