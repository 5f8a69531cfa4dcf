"""Documents and books, and the PDF files made of them."""
