// How much of a name is shown to somebody who is about to pay: enough to notice a wrong payee, too little to learn a name.

/// Words of a name that are shown.
private let wordsMax = 3
/// Scalars of a letter with its marks that are shown; what somebody piled up on top of it is not.
private let scalarsMax = 4

/// The first letter of each of the first three words, each followed by three stars: neither how long the name is nor how
/// long any word of it can be told. What begins with no letter or digit shows stars alone.
func masked(_ name: String) -> String {
    name.split(whereSeparator: \.isWhitespace).prefix(wordsMax).map { word in
        guard let first = word.first, first.isLetter || first.isNumber else { return "***" }
        return String(String.UnicodeScalarView(first.unicodeScalars.prefix(scalarsMax))) + "***"
    }.joined(separator: " ")
}
