/// A parsed pattern.
indirect enum RegexNode: Hashable, Sendable {
  case empty
  case scalar(RegexClass)
  case assertion(RegexAssertion)
  /// A group that is captured under `index`.
  case capture(RegexNode, index: Int)
  case sequence([RegexNode])
  case alternatives([RegexNode])
  /// `maximum` nil repeats without end.
  case repetition(RegexNode, minimum: Int, maximum: Int?, greedy: Bool)

  /// How many copies of its innermost part a compiled node holds because of counted repetitions.
  var copies: Int {
    switch self {
    case .empty, .scalar, .assertion: 1
    case .capture(let node, _): node.copies
    case .sequence(let nodes), .alternatives(let nodes): nodes.map(\.copies).max() ?? 1
    case .repetition(let node, let minimum, let maximum, _): node.copies * max(minimum, maximum ?? 1, 1)
    }
  }
}

enum RegexAssertion: Hashable, Sendable {
  case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
}

/// A set of Unicode scalars.
struct RegexClass: Hashable, Sendable {
  var ranges: [ClosedRange<UInt32>] = []
  var categories: [RegexCategory] = []
  var isNegated = false
  /// A scalar also belongs when its other case does.
  var foldsCase = false

  init(_ ranges: ClosedRange<UInt32>...) { self.ranges = ranges }

  init(scalar: Unicode.Scalar, foldsCase: Bool) {
    ranges = [scalar.value...scalar.value]
    self.foldsCase = foldsCase
  }

  mutating func formUnion(_ other: RegexClass) {
    ranges += other.isNegated ? complement(of: other.ranges) : other.ranges
    categories += other.categories
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    guard foldsCase else { return holds(scalar) != isNegated }
    let cases = [scalar, scalar.otherCase(\.lowercaseMapping), scalar.otherCase(\.uppercaseMapping)]
    return cases.contains(where: holds) != isNegated
  }

  private func holds(_ scalar: Unicode.Scalar) -> Bool {
    ranges.contains { $0.contains(scalar.value) } || categories.contains { $0.contains(scalar) }
  }
}

extension Unicode.Scalar {
  /// The scalar this one maps to, where that is a single one.
  fileprivate func otherCase(_ mapping: KeyPath<Unicode.Scalar.Properties, String>) -> Unicode.Scalar {
    let scalars = properties[keyPath: mapping].unicodeScalars
    return scalars.count == 1 ? scalars.first ?? self : self
  }

  var isASCIIWord: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }
}

/// All scalars outside `ranges`.
private func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
  var gaps: [ClosedRange<UInt32>] = []
  var next: UInt32 = 0
  for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
    if range.lowerBound > next { gaps.append(next...(range.lowerBound - 1)) }
    next = max(next, range.upperBound + 1)
  }
  if next <= 0x10FFFF { gaps.append(next...0x10FFFF) }
  return gaps
}

/// A Unicode general category by its one- or two-letter name, as `\p{Lu}` or `\PN`.
struct RegexCategory: Hashable, Sendable {
  let name: String
  let isNegated: Bool

  init?(name: String, isNegated: Bool) {
    guard name == "Any" || RegexCategory.names.contains(where: { $0.hasPrefix(name) }), !name.isEmpty else {
      return nil
    }
    self.name = name
    self.isNegated = isNegated
  }

  private static let names = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
    "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
  ]

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    (name == "Any" || scalar.properties.generalCategory.abbreviation.hasPrefix(name)) != isNegated
  }
}

extension Unicode.GeneralCategory {
  fileprivate var abbreviation: String {
    switch self {
    case .uppercaseLetter: "Lu"
    case .lowercaseLetter: "Ll"
    case .titlecaseLetter: "Lt"
    case .modifierLetter: "Lm"
    case .otherLetter: "Lo"
    case .nonspacingMark: "Mn"
    case .spacingMark: "Mc"
    case .enclosingMark: "Me"
    case .decimalNumber: "Nd"
    case .letterNumber: "Nl"
    case .otherNumber: "No"
    case .connectorPunctuation: "Pc"
    case .dashPunctuation: "Pd"
    case .openPunctuation: "Ps"
    case .closePunctuation: "Pe"
    case .initialPunctuation: "Pi"
    case .finalPunctuation: "Pf"
    case .otherPunctuation: "Po"
    default: symbolOrOther
    }
  }

  private var symbolOrOther: String {
    switch self {
    case .mathSymbol: "Sm"
    case .currencySymbol: "Sc"
    case .modifierSymbol: "Sk"
    case .otherSymbol: "So"
    case .spaceSeparator: "Zs"
    case .lineSeparator: "Zl"
    case .paragraphSeparator: "Zp"
    case .control: "Cc"
    case .format: "Cf"
    case .surrogate: "Cs"
    case .privateUse: "Co"
    default: "Cn"
    }
  }
}
