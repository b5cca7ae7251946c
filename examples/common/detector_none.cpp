namespace examples {}
