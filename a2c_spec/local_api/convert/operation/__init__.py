"""Operations that work on several kinds of files."""
