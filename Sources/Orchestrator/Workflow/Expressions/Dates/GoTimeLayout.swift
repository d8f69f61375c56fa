/// A layout of Go's `time` package: the reference time written as the result should look (`2006-01-02 15:04:05`).
struct GoTimeLayout: Sendable {
  static let rfc3339Nano = GoTimeLayout("2006-01-02T15:04:05.999999999Z07:00")

  enum Element: Sendable {
    case text(String)
    case year, shortYear
    case month(digits: Int), monthName, shortMonthName
    /// `padding` is what fills up to two places.
    case day(padding: Character?), yearDay(padding: Character)
    case weekdayName, shortWeekdayName
    case hour24, hour12(padded: Bool), half(upper: Bool)
    case minute(padded: Bool), second(padded: Bool)
    /// Fractions of a second with their separator; without `isFixed`, trailing zeros are left out.
    case fraction(separator: Character, places: Int, isFixed: Bool)
    case zoneName
    case zoneOffset(ZoneStyle)
  }

  struct ZoneStyle: Sendable {
    /// UTC is written `Z`.
    var usesZ = false
    var hasColon = false
    var hasMinutes = false
    var hasSeconds = false
  }

  let elements: [Element]

  init(_ layout: String) {
    var elements: [Element] = []
    var text = ""
    var rest = layout[...]
    while let first = rest.first {
      if let (element, length) = Self.element(at: rest, after: text.last) {
        if !text.isEmpty { elements.append(.text(text)) }
        text = ""
        elements.append(element)
        rest = rest.dropFirst(length)
      } else {
        text.append(first)
        rest.removeFirst()
      }
    }
    if !text.isEmpty { elements.append(.text(text)) }
    self.elements = elements
  }

  /// What a layout may be made of; where one begins another, the longer one comes first.
  private static let patterns: [(String, Element)] = [
    ("January", .monthName), ("Jan", .shortMonthName), ("Monday", .weekdayName), ("Mon", .shortWeekdayName),
    ("MST", .zoneName), ("2006", .year), ("002", .yearDay(padding: "0")), ("__2", .yearDay(padding: " ")),
    ("01", .month(digits: 2)), ("02", .day(padding: "0")), ("03", .hour12(padded: true)),
    ("04", .minute(padded: true)), ("05", .second(padded: true)), ("06", .shortYear), ("15", .hour24),
    ("Z07:00:00", .zoneOffset(ZoneStyle(usesZ: true, hasColon: true, hasMinutes: true, hasSeconds: true))),
    ("Z070000", .zoneOffset(ZoneStyle(usesZ: true, hasMinutes: true, hasSeconds: true))),
    ("Z07:00", .zoneOffset(ZoneStyle(usesZ: true, hasColon: true, hasMinutes: true))),
    ("Z0700", .zoneOffset(ZoneStyle(usesZ: true, hasMinutes: true))), ("Z07", .zoneOffset(ZoneStyle(usesZ: true))),
    ("-07:00:00", .zoneOffset(ZoneStyle(hasColon: true, hasMinutes: true, hasSeconds: true))),
    ("-070000", .zoneOffset(ZoneStyle(hasMinutes: true, hasSeconds: true))),
    ("-07:00", .zoneOffset(ZoneStyle(hasColon: true, hasMinutes: true))),
    ("-0700", .zoneOffset(ZoneStyle(hasMinutes: true))), ("-07", .zoneOffset(ZoneStyle())),
    ("PM", .half(upper: true)), ("pm", .half(upper: false)), ("_2", .day(padding: " ")),
    ("1", .month(digits: 1)), ("2", .day(padding: nil)), ("3", .hour12(padded: false)),
    ("4", .minute(padded: false)), ("5", .second(padded: false)),
  ]

  private static func element(at rest: Substring, after previous: Character?) -> (Element, length: Int)? {
    if let fraction = fraction(at: rest) { return fraction }
    // `_2006` is a blank and a year.
    if rest.hasPrefix("_2006") { return nil }
    guard let (pattern, element) = patterns.first(where: { rest.hasPrefix($0.0) }) else { return nil }
    // "Janet" holds no month: Go wants no lower-case letter after a short name.
    if pattern == "Jan" || pattern == "Mon", rest.dropFirst(3).first?.isLowercase == true { return nil }
    return (element, pattern.count)
  }

  /// `.000` or `,999`, where no further digit follows.
  private static func fraction(at rest: Substring) -> (Element, length: Int)? {
    guard let separator = rest.first, separator == "." || separator == ",", let digit = rest.dropFirst().first,
      digit == "0" || digit == "9"
    else { return nil }
    let places = rest.dropFirst().prefix { $0 == digit }.count
    guard rest.dropFirst(1 + places).first?.isNumber != true else { return nil }
    return (.fraction(separator: separator, places: places, isFixed: digit == "0"), 1 + places)
  }

  static let monthNames = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]
  static let weekdayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
}

// MARK: Formatting

extension DateTime {
  func formatted(as layout: GoTimeLayout) -> String {
    let civil = civil
    return layout.elements.map { shown($0, civil) }.joined()
  }

  private func shown(_ element: GoTimeLayout.Element, _ civil: CivilTime) -> String {
    switch element {
    case .text(let text): return text
    case .year: return (civil.year < 0 ? "-" : "") + pad(abs(civil.year), 4)
    case .shortYear: return pad(((civil.year % 100) + 100) % 100)
    case .month(let digits): return pad(civil.month, digits)
    case .monthName: return GoTimeLayout.monthNames[civil.month - 1]
    case .shortMonthName: return String(GoTimeLayout.monthNames[civil.month - 1].prefix(3))
    case .day(let padding): return filled(civil.day, 2, padding)
    case .yearDay(let padding): return filled(yearDay, 3, padding)
    case .weekdayName: return GoTimeLayout.weekdayNames[weekday]
    case .shortWeekdayName: return String(GoTimeLayout.weekdayNames[weekday].prefix(3))
    default: return shownTime(element, civil)
    }
  }

  private func shownTime(_ element: GoTimeLayout.Element, _ civil: CivilTime) -> String {
    switch element {
    case .hour24: return pad(civil.hour)
    case .hour12(let padded): return pad(civil.hour % 12 == 0 ? 12 : civil.hour % 12, padded ? 2 : 1)
    case .half(let upper): return civil.hour < 12 ? (upper ? "AM" : "am") : (upper ? "PM" : "pm")
    case .minute(let padded): return pad(civil.minute, padded ? 2 : 1)
    case .second(let padded): return pad(civil.second, padded ? 2 : 1)
    case .fraction(let separator, let places, let isFixed):
      var digits = String(pad(nanosecond, 9).prefix(places)) + String(repeating: "0", count: max(places - 9, 0))
      if !isFixed { while digits.last == "0" { digits.removeLast() } }
      return digits.isEmpty ? "" : String(separator) + digits
    case .zoneName: return zone.name.isEmpty ? shownOffset(GoTimeLayout.ZoneStyle(hasMinutes: true)) : zone.name
    case .zoneOffset(let style): return shownOffset(style)
    default: return ""
    }
  }

  private func shownOffset(_ style: GoTimeLayout.ZoneStyle) -> String {
    if style.usesZ, zone.offset == 0 { return "Z" }
    let magnitude = abs(zone.offset)
    let parts = [magnitude / 3600, magnitude / 60 % 60, magnitude % 60]
    let shown = parts.prefix(style.hasSeconds ? 3 : style.hasMinutes ? 2 : 1).map { pad($0) }
    return (zone.offset < 0 ? "-" : "+") + shown.joined(separator: style.hasColon ? ":" : "")
  }
}

private func filled(_ number: Int, _ width: Int, _ padding: Character?) -> String {
  guard let padding else { return String(number) }
  let digits = String(number)
  return String(repeating: padding, count: max(0, width - digits.count)) + digits
}
