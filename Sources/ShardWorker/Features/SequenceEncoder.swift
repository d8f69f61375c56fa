import Storage

/// Turns a column of lists into one input tensor [rows, length], padded on the right to the longest list of the
/// batch.
struct SequenceEncoder: Sendable {
  let column: String
  private let isMask: Bool
  private let maxLength: Int
  private let pad: Double
  private let onNull: ModelDescription.Policy
  private let onNaN: ModelDescription.Policy

  init(_ feature: ModelDescription.Feature) {
    column = feature.column
    isMask = feature.encoding == .mask
    maxLength = feature.maxLength ?? 1
    pad = feature.encoding == .mask ? 0 : feature.pad ?? 0
    onNull = feature.onNull ?? .fail
    onNaN = feature.onNaN ?? .fail
  }

  /// Checks that the column is there and holds lists of numbers.
  func check(_ fields: [Field], path: String, input: String) throws(WorkerError) {
    let purpose = "the model's input `\(input)`"
    guard let field = fields.first(where: { $0.name == column }) else {
      throw .missingColumn(path: path, column: column, purpose: purpose)
    }
    guard let element = field.type.element, element.isNumeric else {
      throw .wrongColumnType(
        path: path, column: column, found: field.type.name, purpose: purpose, needed: "a list of numbers")
    }
  }

  /// The tensor of a batch, and the rows that have none. A list without values counts as a null.
  func encode(
    _ values: Column, _ dtype: ModelDescription.Input.DType, faults: inout [FeatureAssembler.Fault]
  ) -> InputTensor {
    let ranges = (0..<values.rows).map { values.elementRange($0).prefix(maxLength) }
    let tensor = InputTensor(dtype, rows: values.rows, features: max(ranges.map(\.count).max() ?? 1, 1))
    fill(tensor, with: pad)
    let empty = ranges.indices.filter { ranges[$0].isEmpty }
    note(empty, onNull, "the list is null or empty", &faults)
    if isMask {
      for (row, range) in ranges.enumerated() { set(tensor, row, range.count) { _ in 1 } }
    } else if let elements = values.elements {
      write(elements, ranges, to: tensor, &faults)
    }
    return tensor
  }

  private func write(
    _ elements: Column, _ ranges: [Range<Int>], to tensor: InputTensor,
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    let whole = (ranges.lazy.filter { !$0.isEmpty }.map(\.lowerBound).min() ?? 0)
    let end = ranges.lazy.map(\.upperBound).max() ?? whole
    let part = elements[whole..<max(end, whole)]
    let nulls = Set(part.nullRows)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: max(part.rows, 1)) { numbers in
      _ = part.copyNumbers(to: UnsafeMutableBufferPointer(rebasing: numbers[..<part.rows]))
      for (row, range) in ranges.enumerated() {
        let first = range.lowerBound - whole
        set(tensor, row, range.count) { numbers[first + $0] }
        let places = first..<first + range.count
        if !nulls.isEmpty, places.contains(where: nulls.contains) {
          clear(tensor, row, range.count)
          note([row], onNull == .deadLetter ? .deadLetter : .fail, "a value of the list is null", &faults)
        } else if part.type.isFloating, onNaN != .pass, places.contains(where: { numbers[$0].isNaN }) {
          clear(tensor, row, range.count)
          note([row], onNaN == .deadLetter ? .deadLetter : .fail, "a value of the list is NaN", &faults)
        }
      }
    }
  }

  private func fill(_ tensor: InputTensor, with value: Double) {
    guard value != 0 else { return }
    for row in 0..<tensor.rows { set(tensor, row, tensor.features) { _ in value } }
  }

  private func clear(_ tensor: InputTensor, _ row: Int, _ count: Int) {
    set(tensor, row, count) { _ in 0 }
  }

  @inline(__always)
  private func set(_ tensor: InputTensor, _ row: Int, _ count: Int, _ value: (Int) -> Double) {
    let start = row * tensor.features
    switch tensor.dtype {
    case .float32:
      let target = tensor.floats
      for position in 0..<count { target[start + position] = Float(value(position)) }
    case .int64:
      let target = tensor.integers
      for position in 0..<count { target[start + position] = Int64(exactly: value(position)) ?? 0 }
    }
  }

  private func note(
    _ rows: [Int], _ policy: ModelDescription.Policy, _ reason: String,
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    guard policy == .fail || policy == .deadLetter else { return }
    faults += rows.map {
      FeatureAssembler.Fault(row: $0, column: column, reason: reason, isFatal: policy == .fail)
    }
  }
}
