import Storage

/// Turns one column into one feature of an input tensor.
struct FeatureEncoder: Sendable {
  private enum Encoding {
    case identity
    case standardize(mean: Float, std: Float)
    case vocabulary(Vocabulary)
  }

  let column: String
  private let encoding: Encoding
  private let onNull: ModelDescription.Policy
  private let onNaN: ModelDescription.Policy
  private let fill: Double

  init(_ feature: ModelDescription.Feature) {
    column = feature.column
    onNull = feature.onNull ?? .fail
    onNaN = feature.onNaN ?? .fail
    fill = feature.fill ?? 0
    encoding =
      switch feature.encoding {
      case .identity: .identity
      case .standardize:
        .standardize(mean: Float(feature.mean ?? 0), std: Float(feature.std ?? 1))
      case .vocabulary: .vocabulary(Vocabulary(feature.vocabulary ?? []))
      }
  }

  /// Checks that the column is there and of a type that the encoding can use.
  func check(_ fields: [Field], path: String, input: String) throws(WorkerError) {
    let purpose = "a feature of the model's input `\(input)`"
    guard let field = fields.first(where: { $0.name == column }) else {
      throw .missingColumn(path: path, column: column, purpose: purpose)
    }
    let needed: String
    switch encoding {
    case .vocabulary(let vocabulary) where vocabulary.holdsTexts:
      needed = "string"
      if field.type.isText { return }
    case .vocabulary:
      needed = "an integer type"
      if field.type.isNumeric, !field.type.isFloating { return }
    case .identity, .standardize:
      needed = "a numeric type or boolean"
      if field.type.isNumeric { return }
    }
    throw .wrongColumnType(
      path: path, column: column, found: field.type.name, purpose: purpose, needed: needed)
  }

  /// Writes the feature's values, one a row, and notes the rows that have none.
  func encode(
    _ values: Column, into tensor: InputTensor, feature: Int,
    faults: inout [FeatureAssembler.Fault]
  ) {
    let nulls = values.nullRows
    if case .vocabulary(let vocabulary) = encoding {
      write(vocabulary.positions(of: values), to: tensor, feature)
    } else if tensor.dtype == .int64 {
      writeIntegers(values, to: tensor, feature, nulls: Set(nulls), &faults)
    } else {
      writeNumbers(values, to: tensor, feature, nulls: nulls, &faults)
    }
    note(nulls, onNull, "the value is null", &faults)
  }

  // MARK: Vocabularies

  private func write(_ positions: [Int64], to tensor: InputTensor, _ feature: Int) {
    let width = tensor.features
    let integers = tensor.integers
    let floats = tensor.floats
    for (row, position) in positions.enumerated() {
      if tensor.dtype == .int64 {
        integers[row * width + feature] = position
      } else {
        floats[row * width + feature] = Float(position)
      }
    }
  }

  // MARK: Numbers

  private func writeNumbers(
    _ values: Column, to tensor: InputTensor, _ feature: Int, nulls: [Int],
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: values.rows) { numbers in
      _ = values.copyNumbers(to: numbers)
      for row in nulls { numbers[row] = fill }
      if values.type.isFloating { settleNaN(numbers, nulls: nulls, &faults) }
      scale(numbers, to: tensor, feature)
    }
  }

  /// Finds NaN and replaces it as the policy says.
  private func settleNaN(
    _ numbers: UnsafeMutableBufferPointer<Double>, nulls: [Int],
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    guard onNaN != .pass else { return }
    let rows = numbers.indices.filter { numbers[$0].isNaN }
    guard !rows.isEmpty else { return }
    for row in rows { numbers[row] = fill }
    note(rows, onNaN, "the value is NaN", &faults)
  }

  private func scale(
    _ numbers: UnsafeMutableBufferPointer<Double>, to tensor: InputTensor, _ feature: Int
  ) {
    let width = tensor.features
    let target = tensor.floats
    var position = feature
    if case .standardize(let mean, let std) = encoding {
      for row in 0..<numbers.count {
        target[position] = (Float(numbers[row]) - mean) / std
        position += width
      }
    } else {
      for row in 0..<numbers.count {
        target[position] = Float(numbers[row])
        position += width
      }
    }
  }

  // MARK: Integers

  private func writeIntegers(
    _ values: Column, to tensor: InputTensor, _ feature: Int, nulls: Set<Int>,
    _ faults: inout [FeatureAssembler.Fault]
  ) {
    let target = tensor.integers
    let numbers = values.type.isFloating ? Self.numbers(of: values) : []
    for row in 0..<values.rows {
      let place = row * tensor.features + feature
      if nulls.contains(row) {
        target[place] = Int64(exactly: fill) ?? 0
      } else if !values.type.isFloating {
        target[place] = Int64(values.integer(row) ?? 0)
      } else if let exact = Int64(exactly: numbers[row]) {
        target[place] = exact
      } else if numbers[row].isNaN {
        target[place] = Int64(exactly: fill) ?? 0
        note([row], onNaN, "the value is NaN", &faults)
      } else {
        note([row], .fail, "\(numbers[row]) is not a whole number", &faults)
      }
    }
  }

  private static func numbers(of column: Column) -> [Double] {
    [Double](unsafeUninitializedCapacity: column.rows) { buffer, count in
      _ = column.copyNumbers(to: UnsafeMutableBufferPointer(rebasing: buffer[..<column.rows]))
      count = column.rows
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
